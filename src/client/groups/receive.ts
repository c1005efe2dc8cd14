/** Group items of the fan-out queue, one by one: each changes the state and tells the application in one step. */
import { type GroupId, parseGroupId } from '../../mls/wire/ids.js'
import { digestOf } from '../crypto/digest.js'
import type { Engine } from '../engine/engine.js'
import type { ClientEvent } from '../events.js'
import { decrypt } from '../member/decrypt.js'
import { epochOf, forget, type GroupState } from '../member/groupState.js'
import { epochOfMessage } from '../member/messageCodec.js'
import { pendingIn } from '../member/pendingProposals.js'
import { type Handshake, receiveHandshake } from '../member/receiveHandshake.js'
import { bytesIn } from '../api/bytesIn.js'
import { isRefusal } from '../transport/refused.js'
import { randomId } from '../crypto/random.js'
import { adoptPending } from './commit.js'
import { frankingOf } from './franking.js'
import { dueIn } from './commitPending.js'
import { type GroupRecord, updateGroup } from './groupRecord.js'
import { asMember, membersIn } from './members.js'
import { takeControlMessage } from './profiles/profileKey.js'
import { forgetSent } from './sending/sent.js'
import { takeUserProfile } from './profiles/toldProfile.js'
import { endGroup } from './sending/unconfirmed.js'

/** What an item comes to, applied at once with the cursor that passes it. */
export type Effect = () => void
export type Item = { readonly type: string; readonly position: string; readonly [field: string]: unknown }

const nothing: Effect = () => undefined

/** The caller holds the group. */
export const receiveMessage = async (engine: Engine, item: Item): Promise<Effect> => {
  const group = groupIn(item)
  const record = group === undefined ? undefined : engine.groups.get(group)
  const bytes = bytesIn(item['message'])
  if (group === undefined || isOver(record)) return nothing
  const digest = await digestOf(bytes)
  if (record?.echoes.includes(digest) === true) return forgetEcho(engine, record, digest)
  // A state that is out of step still reads what was sent in the epochs that it knows.
  if (record?.state === undefined) return missed(engine, group, 'the state was lost')
  const decrypted = await decrypt(record.state, bytes)
  if (decrypted.type === 'own') return nothing
  if (decrypted.type === 'unreadable') return missed(engine, group, decrypted.detail)
  const [from] = asMember(decrypted.sender)
  if (from === undefined) return missed(engine, group, 'its sender has no name')
  const { next, plaintext, authenticatedData, consumed } = decrypted
  return () => {
    updateGroup(engine, group, { state: next })
    forget(consumed)
    if (takeControlMessage(engine, group, authenticatedData, plaintext)) return
    if (takeUserProfile(engine, from.user, authenticatedData, plaintext)) return
    engine.inbox.push({
      type: 'message',
      group,
      from,
      plaintext,
      digest,
      epoch: epochOfMessage(bytes) ?? 0n,
      at: Number(item['at']),
      ...frankingOf(authenticatedData, plaintext, item['frank']),
    })
  }
}

/** The caller holds the group. */
export const receiveProposal = async (engine: Engine, item: Item): Promise<Effect> => {
  const group = groupIn(item)
  const record = group === undefined ? undefined : engine.groups.get(group)
  const bytes = bytesIn(item['message'])
  if (group === undefined || isOver(record)) return nothing
  const digest = await digestOf(bytes)
  if (record?.echoes.includes(digest) === true) return ownProposal(engine, record, digest)
  if (record?.state === undefined || !isFollowed(record)) return lost(engine, group, 'no state')
  if (epochOfMessage(bytes) !== epochOf(record.state)) return nothing
  const received = await receiveHandshake(record.state, bytes)
  if (received.type === 'unreadable') return lost(engine, group, received.detail)
  const { state } = record
  return () => {
    updateGroup(engine, group, { state: received.next })
    const known = new Set(pendingIn(state).map(({ key }) => key))
    const leaving = pendingIn(received.next).filter(
      ({ key, removes, sender }) => !known.has(key) && removes !== undefined && removes === sender,
    )
    const who = membersIn(state).filter(({ leafIndex }) => leaving.some(({ removes }) => removes === leafIndex))
    if (who.length > 0) engine.inbox.push({ type: 'leaving', group, who, reason: 'selfRemoval' })
    engine.settleSoon(group)
  }
}

/** The leave has come back: all that was accepted before it has been read. */
const ownProposal = (engine: Engine, record: GroupRecord, digest: string): Effect =>
  record.status === 'leaving' || record.leave?.digest === digest
    ? () => {
        endGroup(engine, record.group, 'left')
      }
    : forgetEcho(engine, record, digest)

/** The caller holds the group. */
export const receiveCommit = async (engine: Engine, item: Item): Promise<Effect> => {
  const group = groupIn(item)
  const record = group === undefined ? undefined : engine.groups.get(group)
  const bytes = bytesIn(item['message'])
  if (group === undefined || isOver(record)) return nothing
  const digest = await digestOf(bytes)
  if (record?.pending?.digest === digest)
    return () => {
      adoptPending(engine, group, digest)
      updateGroup(engine, group, { echoes: withoutEcho(engine, group, digest) })
    }
  if (record?.echoes.includes(digest) === true) return forgetEcho(engine, record, digest)
  if (record?.state === undefined || !isFollowed(record)) return lost(engine, group, 'no state')
  const epoch = epochOfMessage(bytes)
  if (epoch === undefined || epoch > epochOf(record.state)) return lost(engine, group, 'a Commit is missing')
  if (epoch < epochOf(record.state)) return nothing
  const received = await receiveHandshake(record.state, bytes)
  if (received.type !== 'commit') {
    const detail = received.type === 'unreadable' ? received.detail : 'not a Commit'
    await report(engine, group, epoch + 1n, detail)
    return lost(engine, group, detail)
  }
  return applyCommit(engine, record, received)
}

const applyCommit =
  (engine: Engine, { group, required }: GroupRecord, received: Extract<Handshake, { type: 'commit' }>): Effect =>
  () => {
    const [by] = received.committer === undefined ? received.added.flatMap(asMember) : asMember(received.committer)
    if (received.removesUs) {
      endGroup(engine, group, 'removed')
      engine.inbox.push({ type: 'removed', group, by })
      return
    }
    const leaves = new Set(received.removed.map(({ leafIndex }) => leafIndex))
    const record = updateGroup(engine, group, {
      state: received.next,
      pending: undefined,
      required: required.filter((leaf) => !leaves.has(leaf)),
    })
    if (received.added.length > 0 && record.ownProfile === 'told')
      updateGroup(engine, group, { ownProfile: 'withNext' })
    forget(received.consumed)
    const added = received.added.flatMap(asMember)
    const removed = received.removed.flatMap(asMember)
    if (added.length + removed.length > 0) engine.inbox.push({ type: 'membersChanged', group, by, added, removed })
    if (isDue(received.next, record)) engine.settleSoon(group)
  }

const isDue = (state: GroupState, record: GroupRecord): boolean => {
  const { covers, remove } = dueIn(state, record)
  return covers.length + remove.length > 0
}

/** The group's admins hear of it; the report itself may fail, the resync does not depend on it. */
const report = async (engine: Engine, group: GroupId, epoch: bigint, detail: string): Promise<void> => {
  try {
    await engine.api.groups.reportFault(randomId(), group, epoch, detail)
  } catch (error) {
    if (!isRefusal(error)) throw error
  }
}

/** Its state is good. What the server accepted before a leave is read as before it. */
const isFollowed = ({ status }: GroupRecord): boolean => status === 'active' || status === 'leaving'

/** Groups that this client is done with: what still comes for them is no loss. */
const isOver = (record: GroupRecord | undefined): boolean =>
  record !== undefined && !isFollowed(record) && record.status !== 'lost' && record.status !== 'creating'

const missed =
  (engine: Engine, group: GroupId, reason: string): Effect =>
  () => {
    engine.inbox.push({ type: 'missed', group, count: 1, reason })
    if (!engine.groups.has(group)) lose(engine, group, 'no state')
  }

const lost =
  (engine: Engine, group: GroupId, reason: string): Effect =>
  () => {
    lose(engine, group, reason)
  }

/** Out of step: the group is had again by an external Commit, unless it is being left. */
export const lose = (engine: Engine, group: GroupId, reason: string): void => {
  if (engine.groups.get(group)?.status === 'leaving') {
    endGroup(engine, group, 'left')
    return
  }
  if (engine.groups.get(group)?.status !== 'lost') {
    const event: ClientEvent = { type: 'outOfStep', group, reason }
    engine.inbox.push(event)
    updateGroup(engine, group, { status: 'lost' })
  }
  engine.settleSoon(group)
}

/** The server's log is another one than before: what it has of our groups may be behind what we have. */
export const loseAll = (engine: Engine, reason: string): void => {
  for (const { group, status, outgoing, echoes } of [...engine.groups.values()]) {
    if (status === 'leaving') endGroup(engine, group, 'left')
    if (status !== 'active') continue
    const onTheirWay = new Set(outgoing.map(({ digest }) => digest))
    updateGroup(engine, group, {
      pending: undefined,
      outgoing: outgoing.map((left) => ({ ...left, anew: true })),
      doubtful: echoes.filter((digest) => !onTheirWay.has(digest)),
    })
    lose(engine, group, reason)
  }
}

const forgetEcho =
  (engine: Engine, { group }: GroupRecord, digest: string): Effect =>
  () => {
    updateGroup(engine, group, { echoes: withoutEcho(engine, group, digest) })
    forgetSent(engine, group, digest)
  }

const withoutEcho = (engine: Engine, group: GroupId, digest: string): readonly string[] =>
  (engine.groups.get(group)?.echoes ?? []).filter((other) => other !== digest)

export const groupIn = (item: Item): GroupId | undefined =>
  typeof item['group'] === 'string' ? parseGroupId(item['group']) : undefined
