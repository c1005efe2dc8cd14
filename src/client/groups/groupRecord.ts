/** One group as this client keeps it: its MLS state, and what is under way. */
import { type GroupId, parseGroupId, type UserId } from '../../mls/wire/ids.js'
import type { Engine } from '../engine/engine.js'
import { type CredentialCheck, decodeState, encodeState, type GroupState } from '../member/groupState.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Store } from '../store/store.js'
import { forgetSent } from './sending/sent.js'
import type { Bundle, Urgency } from '../api/groups.js'

/**
 * creating: the server has not confirmed it. lost: no usable state, to be had again by an external Commit. leaving: the server
 * has the leave, and what it accepted before is still to be read.
 */
export type GroupStatus = 'creating' | 'active' | 'lost' | 'leaving' | 'left' | 'removed' | 'deleted' | 'reset'

/** A Commit on its way: resent as it is until the server has decided on it. */
export type PendingCommit = {
  readonly idempotencyKey: string
  readonly bundle: Bundle
  readonly digest: string
  /** An external Commit: instead of a leaf of ours, or beside those of the user's other clients. */
  readonly external: 'resync' | 'join' | undefined
  readonly next: GroupState
  /** Secrets to forget once it is accepted. Not saved: a restored state holds copies of its own. */
  readonly consumed: readonly Uint8Array[]
}

/** The group that a new one stands in for, given up on record when the new one is made. */
export type Replaced = {
  readonly group: GroupId
  readonly idempotencyKey: string
  readonly users: readonly UserId[]
}

/** An application message on its way, likewise. */
export type Outgoing = {
  readonly idempotencyKey: string
  readonly plaintext: Uint8Array
  readonly authenticatedData: Uint8Array
  readonly message: Uint8Array
  readonly digest: string
  /** Users whose clients alone are to be shown it, this one's own beside them; undefined: everybody. */
  readonly to?: readonly UserId[]
  /** How soon it is to reach those who are away; undefined: normal. */
  readonly urgency?: Urgency
  /** Their leaves in the state that encrypted it. */
  readonly targets?: readonly number[]
  /** Of the state that encrypted it, base64url: the server holds its own history against it (RFC 9420 §8.2). */
  readonly transcript: string | undefined
  /** That the state was of: an answer of another log is no answer to this. */
  readonly log: string | undefined
  /** The log that may have it is gone: to be encrypted anew, whatever became of it. */
  readonly anew: boolean
}

/** The proposal of one's own removal, on its way likewise. */
export type Leave = { readonly idempotencyKey: string; readonly message: Uint8Array; readonly digest: string }

export type GroupRecord = {
  readonly group: GroupId
  readonly status: GroupStatus
  readonly state: GroupState | undefined
  readonly creation:
    | {
        readonly idempotencyKey: string
        readonly groupInfo: Uint8Array
        readonly replaces: Replaced | undefined
      }
    | undefined
  /** Users of the replaced group who are still to be added. */
  readonly guests: readonly UserId[]
  readonly pending: PendingCommit | undefined
  readonly outgoing: readonly Outgoing[]
  readonly leave: Leave | undefined
  /** Digests of what this client sent and has not yet seen come back. */
  readonly echoes: readonly string[]
  /** Those among them that a log which is gone had acknowledged. */
  readonly doubtful: readonly string[]
  /** The state is an older copy: keys of its epoch may be used up. It sends nothing before a Commit of ours. */
  readonly stale: boolean
  /** Leaves that the next Commit must remove. */
  readonly required: readonly number[]
  /** How many messages for some only it sent in which epoch: everybody else must step over them. */
  readonly targeted?: { readonly epoch: string; readonly count: number }
  /** Of the group profile, once known. */
  readonly profileKey: Uint8Array | undefined
  /** Whether the members know this user's own profile; withNext: it is told before the next message. */
  readonly ownProfile: 'told' | 'withNext' | 'soon'
}

/** The most digests that are kept; a client that never reads its queue forgets the oldest. */
const echoesMax = 10_000

export const newGroupRecord = (group: GroupId, status: GroupStatus): GroupRecord => ({
  group,
  status,
  state: undefined,
  creation: undefined,
  guests: [],
  pending: undefined,
  outgoing: [],
  leave: undefined,
  echoes: [],
  doubtful: [],
  stale: false,
  required: [],
  profileKey: undefined,
  ownProfile: 'withNext',
})

/** Replaces the record in memory; it is saved with the next flush. */
export const updateGroup = (
  { groups, saver }: Pick<Engine, 'groups' | 'saver'>,
  group: GroupId,
  changes: Partial<GroupRecord>,
): GroupRecord => {
  const before = groups.get(group)
  const record = { ...(before ?? newGroupRecord(group, 'lost')), ...changes }
  const after = { ...record, echoes: record.echoes.slice(-echoesMax) }
  for (const digest of record.echoes.slice(0, -echoesMax)) forgetSent({ saver }, group, digest)
  groups.set(group, after)
  if (after.state !== before?.state) putState(saver, `state/${group}`, after.state)
  if (after.pending?.next !== before?.pending?.next) putState(saver, `next/${group}`, after.pending?.next)
  saver.put(`group/${group}`, () => encodeRecord(savedForm(after)))
  return after
}

const putState = (saver: Engine['saver'], key: string, state: GroupState | undefined): void => {
  if (state === undefined) saver.remove(key)
  else saver.put(key, () => encodeState(state))
}

/** The states are saved beside it, under keys of their own. */
const savedForm = ({ state: _state, pending, ...rest }: GroupRecord): object => ({
  ...rest,
  pending: pending === undefined ? undefined : { ...pending, next: undefined, consumed: undefined },
})

type Saved = Omit<GroupRecord, 'state' | 'pending'> & {
  readonly pending: Omit<PendingCommit, 'next' | 'consumed'> | undefined
}

/** A group whose state cannot be read is lost, not forgotten: it is had again. */
export const loadGroups = async (store: Store, check: CredentialCheck): Promise<Map<GroupId, GroupRecord>> => {
  const groups = new Map<GroupId, GroupRecord>()
  for (const key of await store.keys('group/')) {
    const group = parseGroupId(key.slice('group/'.length))
    const bytes = await store.get(key)
    if (group === undefined || bytes === undefined) continue
    const saved = decodeRecord(bytes) as Saved
    const state = await loadState(store, `state/${group}`, check)
    const next = await loadState(store, `next/${group}`, check)
    const pending =
      saved.pending === undefined || next === undefined ? undefined : { ...saved.pending, next, consumed: [] }
    const needsState = saved.status === 'active' || saved.status === 'creating'
    const status = needsState && state === undefined ? 'lost' : saved.status
    groups.set(group, { ...newGroupRecord(group, status), ...saved, status, state, pending })
  }
  return groups
}

const loadState = async (store: Store, key: string, check: CredentialCheck): Promise<GroupState | undefined> => {
  const bytes = await store.get(key)
  return bytes === undefined ? undefined : decodeState(bytes, check)
}
