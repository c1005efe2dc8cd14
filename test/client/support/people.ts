/** People with certificates of an authority made for the test, for groups that need no server. */
import { makeAuthority, openAuthority } from '#src/adapters/x509/authority.js'
import { certificateRequest } from '#src/client/crypto/csr.js'
import { newKeyPair } from '#src/client/crypto/ed25519.js'
import { sealQueueReference } from '#src/client/crypto/sealQueueReference.js'
import { randomBytes } from '#src/client/crypto/random.js'
import type { CredentialCheck } from '#src/client/member/groupState.js'
import { makeKeyPackage, type OwnKeyPackage } from '#src/client/member/ownKeyPackage.js'
import type { LeafIdentity } from '#src/client/member/leaf.js'
import { defaultSuiteId, loadSuite } from '#src/client/member/suite.js'
import { chainVerifier, type VerifyChain } from '#src/client/trust/chainVerifier.js'
import { type ClientId, type Domain, makeId, parseDomain, type UserId } from '#src/mls/wire/ids.js'
import { x25519 } from '@noble/curves/ed25519.js'

export type Person = {
  readonly user: UserId
  readonly client: ClientId
  readonly identity: LeafIdentity
  readonly keyPackage: (lastResort?: boolean) => Promise<OwnKeyPackage>
}

export type People = {
  readonly domain: Domain
  readonly root: Uint8Array
  readonly verifyChain: VerifyChain
  readonly check: CredentialCheck
  readonly person: (user?: UserId, client?: ClientId) => Promise<Person>
}

export const makePeople = async (name = 'people.test', now = Date.now()): Promise<People> => {
  const domain = parseDomain(name)!
  const authority = await openAuthority({ domain, ...(await makeAuthority(domain, now)) })
  const queueKey = { domain, keyId: randomBytes(8), publicKey: x25519.getPublicKey(x25519.utils.randomSecretKey()) }
  const verifyChain = chainVerifier((of) => Promise.resolve(of === domain ? authority.root : undefined))
  return {
    domain,
    root: authority.root,
    verifyChain,
    check: async (certificates, key) => (await verifyChain(certificates, key)) !== undefined,
    person: async (
      user = makeId('user', domain, randomBytes(16)),
      client = makeId('client', domain, randomBytes(16)),
    ) => {
      const keys = newKeyPair()
      const request = await authority.readRequest(await certificateRequest(keys, user, client))
      if ('unreadable' in request) throw new Error(request.unreadable)
      const { certificate, issuer } = await authority.issue(request, now, 365 * 24 * 3600 * 1000)
      const identity = {
        certificates: [certificate, issuer],
        signatureSeed: keys.seed,
        signatureKey: keys.publicKey,
      }
      const queue = makeId('queue', domain, randomBytes(16))
      const keyPackage = async (lastResort = false): Promise<OwnKeyPackage> =>
        makeKeyPackage({
          suite: await loadSuite(defaultSuiteId),
          identity,
          queueReference: await sealQueueReference(queue, queueKey, keys.publicKey),
          lastResort,
          now,
        })
      return { user, client, identity, keyPackage }
    },
  }
}
