/** A group's fold as bytes, for a fast restart: JSON, with the public group inside as its own snapshot. */
import { UnreadableEvent } from '../../../events/form/parser.js'
import { fromBase64url, toBase64url } from '../../../mls/bytes/base64url.js'
import type { ClientId, UserId } from '../../../mls/wire/ids.js'
import type { PublicGroup } from '../../../mls/group/publicGroup.js'
import { restoreGroup, snapshot, snapshotVersion } from '../../../mls/group/snapshot.js'
import type { ActiveGroup, CommitPlace, EndedEpoch, Group, Member, RequiredRemoval, Seated } from './state.js'

/** Of this shape and of the public group's. */
export const groupSnapshotVersion = 300 + snapshotVersion

type StoredPlace = Omit<CommitPlace, 'epoch'> & { readonly epoch: string }
type StoredEpoch = Omit<EndedEpoch, 'epoch'> & { readonly epoch: string }
type StoredActive = Omit<
  ActiveGroup,
  'mls' | 'leaves' | 'clients' | 'users' | 'known' | 'required' | 'recent' | 'ended'
> & {
  readonly mls: string
  readonly leaves: readonly Seated[]
  readonly users: readonly (readonly [UserId, Member])[]
  readonly known: readonly string[]
  readonly required: readonly RequiredRemoval[]
  readonly recent: readonly StoredPlace[]
  readonly ended: readonly StoredEpoch[]
}
type Stored =
  | StoredActive
  | Exclude<Group, ActiveGroup | { readonly status: 'reset' | 'deleted' }>
  | (Omit<Extract<Group, { status: 'reset' | 'deleted' }>, 'known'> & { readonly known: readonly string[] })

export const writeGroup = (state: Group): Uint8Array => new TextEncoder().encode(JSON.stringify(toStored(state)))

export const readGroup = (bytes: Uint8Array): Group => fromStored(JSON.parse(new TextDecoder().decode(bytes)) as Stored)

const toStored = (state: Group): Stored => {
  switch (state.status) {
    case 'none':
    case 'reserved':
      return state
    case 'reset':
    case 'deleted':
      return { ...state, known: [...state.known] }
    case 'active': {
      const { clients: _, ...rest } = state
      return {
        ...rest,
        mls: toBase64url(snapshot(state.mls)),
        leaves: [...state.leaves.values()],
        users: [...state.users],
        known: [...state.known],
        required: [...state.required.values()],
        recent: state.recent.map((place) => ({ ...place, epoch: String(place.epoch) })),
        ended: state.ended.map((ended) => ({ ...ended, epoch: String(ended.epoch) })),
      }
    }
  }
}

const fromStored = (stored: Stored): Group => {
  switch (stored.status) {
    case 'none':
    case 'reserved':
      return stored
    case 'reset':
    case 'deleted':
      return { ...stored, successor: stored.successor, known: new Set(stored.known) }
    case 'active':
      return {
        ...stored,
        profile: stored.profile,
        mls: restored(stored.mls),
        leaves: new Map(stored.leaves.map((occupant) => [occupant.leafIndex, occupant])),
        clients: new Map<ClientId, number>(stored.leaves.map(({ client, leafIndex }) => [client, leafIndex])),
        users: new Map(stored.users),
        known: new Set(stored.known),
        required: new Map(stored.required.map((removal) => [removal.occupant.leafIndex, removal])),
        recent: stored.recent.map((place) => ({ ...place, epoch: BigInt(place.epoch) })),
        ended: stored.ended.map((ended) => ({ ...ended, epoch: BigInt(ended.epoch) })),
      }
  }
}

const restored = (text: string): PublicGroup => {
  const group = restoreGroup(fromBase64url(text) ?? new Uint8Array())
  if (!group.ok) throw new UnreadableEvent(`a group snapshot: ${group.refusal.reason}`)
  return group.value
}
