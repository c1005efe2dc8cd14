/** Clients of several servers that forge their MLS bytes, and a policy that takes the word of their certificates. */
import { generateKeyPairSync } from 'node:crypto'
import type { LeafPolicy } from '#src/commands/group/leaves.js'
import { identityOf } from '#src/mls/group/identity.js'
import { extensionType } from '#src/mls/wire/extension.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { Domain } from '#src/mls/wire/ids.js'
import type { Person } from '../../commands/forgedPeople.js'
import { makeWorld, random } from '../../commands/mlsFixture.js'
import type { World } from '../../commands/mlsFixture.js'
import { forger, lenient } from '../../mls/forge.js'

export const policy: LeafPolicy = {
  ...lenient,
  credential: (credential) => {
    const identity = identityOf(credential)
    return identity === undefined
      ? { ok: false, refusal: { code: 'invalid-leaf', reason: 'credential' } }
      : { ok: true, value: { ...identity, notAfter: 4_000_000_000_000 } }
  },
}

export type Crowd = ReadonlyMap<Domain, readonly Person[]>

export const crowdOf = async (domains: readonly Domain[], each: number): Promise<Crowd> => {
  const world = await makeWorld()
  const entries = await Promise.all(
    domains.map(async (domain) => {
      const people = await Promise.all(Array.from({ length: each }, () => personOf(world, domain)))
      return [domain, people] as const
    }),
  )
  return new Map(entries)
}

const personOf = async (world: World, domain: Domain): Promise<Person> => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const signatureKey = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
  const [user, client] = [makeId('user', domain, random(16)), makeId('client', domain, random(16))]
  const certificates = await world.issue(signatureKey, user, client, Date.now() + 1_000_000_000)
  const queue = world.seal(makeId('queue', domain, random(16)), signatureKey)
  const extensions = [{ type: extensionType.queueReference, data: queue }]
  return {
    user,
    client,
    forger: forger('', { signatureKey, privateKey, credential: { type: 'x509', certificates }, extensions }),
  }
}
