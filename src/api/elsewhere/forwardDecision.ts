/** What a client of ours asks beside MLS of a group whose hub is elsewhere: its role, settings, profile, end, and faults. */
import { entitledToJoin, seatIn } from '../../commands/group/access.js'
import type { By, Seat } from '../../commands/group/access.js'
import type { Group } from '../../commands/group/fold/state.js'
import type { ProblemCode } from '../../contract/problems.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { PeerAway } from '../../ports/peers.js'
import type { DecidedElsewhere, MemberAsks } from '../../ports/peers.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import type { Elsewhere } from './elsewhere.js'
import { rejectionOfHub } from './hubRefusal.js'
import { readRecord } from './recordOf.js'
import type { RecordDependencies } from './recordOf.js'

/** Without whom it asks: that is the token's word. */
type WithoutBy<Asked> = Asked extends unknown ? Omit<Asked, 'by'> : never

export type ForwardedDecision = {
  readonly by: By
  readonly group: GroupId
  readonly command: { readonly id: string }
  readonly asked: WithoutBy<MemberAsks>
  /** What only this server can see is wrong with it: told to members alone. */
  readonly refused?: Rejected | undefined
}

type Dependencies = { readonly streams: Pick<Streams, 'read'>; readonly elsewhere?: Elsewhere | undefined }

/** Throws PeerAway, PeerNotAsked, and what the store throws. */
export const forwardDecision = async (
  { streams, elsewhere }: Dependencies,
  { by, group, command, asked, refused }: ForwardedDecision,
  allowed: readonly ProblemCode[],
): Promise<Rejected | DecidedElsewhere> => {
  if (elsewhere === undefined) return reject({ code: 'not-allowed', capability: 'decideElsewhere' })
  const { others, until } = elsewhere
  const record = { streams, until }
  const seat = await seatSoon(record, group, by)
  const closed = 'rejected' in seat && seat.rejected.code === 'group-deleted' ? seat : undefined
  if ('rejected' in seat && closed === undefined) return seat
  if (refused !== undefined && closed === undefined) return refused
  const asking = { group, key: command.id, asked: { ...asked, by: by.user } as MemberAsks }
  const heard = await others.decide(asking).catch(unlessAway(closed))
  if ('rejected' in heard) return heard
  if (!('refused' in heard)) return heard
  const said = rejectionOfHub(heard, allowed, asked.type)
  await newerProfile(record, group, said)
  return said
}

/** Of a group that is over the hub has nothing new to say: it is asked for whoever ended it and did not hear so. */
const unlessAway =
  (closed: Rejected | undefined) =>
  (error: unknown): Rejected => {
    if (closed === undefined || !(error instanceof PeerAway)) throw error
    return closed
  }

/** A client that joins by itself is in the group before its Commit has come back: it is waited for, and nobody else is. */
const seatSoon = async ({ streams, until }: RecordDependencies, group: GroupId, by: By): Promise<Seat | Rejected> => {
  const state = await readRecord(streams, group)
  const seat = seatIn(state, by)
  if (!('rejected' in seat) || 'rejected' in entitledToJoin(state, by)) return seat
  const came = await until(async () => seated(await readRecord(streams, group), by))
  return came ?? seat
}

const seated = (state: Group, by: By): Seat | undefined => {
  const seat = seatIn(state, by)
  return 'rejected' in seat ? undefined : seat
}

/** Whoever lost to another reads the profile again: it should find that other one's. */
const newerProfile = async (
  { streams, until }: RecordDependencies,
  group: GroupId,
  { rejected }: Rejected,
): Promise<void> => {
  if (rejected.code !== 'version-mismatch') return
  await until(async () => {
    const state = await readRecord(streams, group)
    const version = state.status === 'active' ? (state.profile?.version ?? 0) : rejected.current
    return version < rejected.current ? undefined : version
  })
}
