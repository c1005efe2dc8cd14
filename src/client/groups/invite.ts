/** Adding users: their KeyPackages claimed once, each held to its owner, and committed until the Commit holds. */
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { type ClientId, domainOf, type GroupId, type UserId } from '../../mls/wire/ids.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { readKeyPackage } from '../member/ownKeyPackage.js'
import type { Claimed } from '../api/keyPackages.js'
import { keyMaterialRequest } from '../trust/keyMaterialRequest.js'
import { Untrusted } from '../trust/untrusted.js'
import { commit } from './commit.js'
import { withDue } from './commitPending.js'
import { membersIn } from './members.js'
import { updateGroup } from './groupRecord.js'
import { tellProfileKey } from './profiles/profile.js'
import { tellOwnProfile } from './profiles/tellProfile.js'

export type Invitation = {
  readonly added: readonly ClientId[]
  /** Clients that had no KeyPackage to give. */
  readonly missing: readonly { readonly client: ClientId; readonly code: string }[]
}

export type Guest = { readonly client: ClientId; readonly keyPackage: Uint8Array }

export const invite = async (engine: Engine, group: GroupId, users: readonly UserId[]): Promise<Invitation> => {
  const guests: Guest[] = []
  const missing: Invitation['missing'][number][] = []
  for (const user of users) {
    const claimed = await claimFor(engine, user, group)
    guests.push(...claimed.guests)
    missing.push(...claimed.missing)
  }
  return { added: await addGuests(engine, group, guests), missing }
}

export const claimFor = async (
  engine: Engine,
  user: UserId,
  group: GroupId,
): Promise<{ readonly guests: readonly Guest[]; readonly missing: Invitation['missing'] }> => {
  const { account, api, cipherSuite } = engine
  const isElsewhere = domainOf(user) !== account.domain
  const request = isElsewhere
    ? await keyMaterialRequest({ account, target: user, room: group, cipherSuite })
    : undefined
  const { keyPackages, missing } = await api.keyPackages.claim(randomId(), user, cipherSuite, request)
  const guests: Guest[] = []
  for (const one of keyPackages) guests.push(await verifyGuest(engine, user, one))
  return { guests, missing }
}

/** Answers who was added: all but those who are in already. */
export const addGuests = async (
  engine: Engine,
  group: GroupId,
  guests: readonly Guest[],
): Promise<readonly ClientId[]> => {
  let added: readonly ClientId[] = []
  await commit(engine, group, async (state, record) => {
    const present = new Set<string>(membersIn(state).map(({ client }) => client))
    const fresh = guests.filter(({ client }) => !present.has(client))
    if (fresh.length === 0) return undefined
    added = fresh.map(({ client }) => client)
    return withDue(state, record, { add: fresh.map(({ keyPackage }) => keyPackage) })
  })
  if (added.length > 0) {
    await tellProfileKey(engine, group)
    updateGroup(engine, group, { ownProfile: 'withNext' })
    await tellOwnProfile(engine, group)
  }
  return added
}

/** A KeyPackage whose certificate is not of the user asked for is the work of a lying server, or of worse. */
const verifyGuest = async (engine: Engine, user: UserId, { client, keyPackage: text }: Claimed): Promise<Guest> => {
  const keyPackage = fromBase64url(text) ?? new Uint8Array()
  const read = await readKeyPackage(keyPackage, engine.cipherSuite)
  if (read === undefined) throw new Untrusted(`a KeyPackage handed out for ${user} is not a valid one`)
  const identity = await engine.verifyChain(read.certificates, read.signatureKey)
  if (identity === undefined)
    throw new Untrusted(`a KeyPackage handed out for ${user} has a certificate that leads to no known root`)
  if (identity.user !== user || identity.client !== client)
    throw new Untrusted(`a KeyPackage handed out for ${user} belongs to ${identity.user}`)
  if (await engine.isRevoked(read.certificates))
    throw new Untrusted(`a KeyPackage handed out for ${user} has a certificate that was revoked`)
  return { client, keyPackage }
}
