/** Real KeyPackages of a registered client, made with ts-mls. */
import { encodeMlsMessage, generateKeyPackageWithKey, getCiphersuiteFromName, getCiphersuiteImpl } from 'ts-mls'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import type { QueueId } from '#src/mls/wire/ids.js'
import { sealQueueReference } from '#src/mls/group/queueReference.js'
import { encodeQueueReference } from '#src/mls/wire/queueReferenceCodec.js'
import { domain } from '../commands/people.js'
import type { IdentityHouse, Person } from './identityHouse.js'
import { bodyOf } from './identityHouse.js'
import { webcrypto } from 'node:crypto'

const suiteName = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'
const queueReference = 0xf0c1
const lastResortType = 0x000a
const hour = 3_600n

export type PackageOptions = {
  readonly queue: QueueId
  readonly lastResort?: boolean
  /** Whose credential it carries, when not the signer's. */
  readonly credentialOf?: Person
  readonly lifetimeSeconds?: bigint
}

export const makeKeyPackage = async (
  house: IdentityHouse,
  person: Person,
  { queue, lastResort = false, credentialOf = person, lifetimeSeconds = 30n * 24n * hour }: PackageOptions,
): Promise<Uint8Array> => {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(suiteName))
  const { publicKey } = person.key
  const [sealing] = house.keys.server.sealingKeys
  const reference = sealQueueReference({
    queue,
    domain,
    keyId: fromBase64url(sealing!.id)!,
    publicKey: sealing!.publicKey,
    signatureKey: publicKey,
  })
  const now = BigInt(Math.floor(house.now() / 1000))
  const { publicPackage } = await generateKeyPackageWithKey(
    { credentialType: 'x509', certificates: await certificatesOf(house, credentialOf) },
    {
      versions: ['mls10'],
      ciphersuites: [suiteName],
      extensions: [queueReference],
      proposals: [],
      credentials: ['x509'],
    },
    { notBefore: now - hour, notAfter: now + lifetimeSeconds },
    lastResort ? [{ extensionType: lastResortType, extensionData: new Uint8Array() }] : [],
    { publicKey, signKey: await rawPrivateKey(person.key.privateKey) },
    suite,
    [{ extensionType: queueReference, extensionData: encodeQueueReference(reference) }],
  )
  return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: publicPackage })
}

type Listed = { readonly clients: readonly { client: string; keys: readonly { certificates: readonly string[] }[] }[] }

const certificatesOf = async (house: IdentityHouse, { principal }: Person): Promise<Uint8Array[]> => {
  const params = { user: principal.user }
  const { clients } = bodyOf(await house.call('get', '/v1/users/{user}/clients', { principal, params })) as Listed
  const own = clients.find(({ client }) => client === principal.client)!
  return own.keys[0]!.certificates.map((text) => fromBase64url(text)!)
}

/** As ts-mls signs with it: PKCS#8. */
const rawPrivateKey = async (key: webcrypto.CryptoKey): Promise<Uint8Array> =>
  new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', key))
