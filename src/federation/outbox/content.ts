/** The content of an item, made of the log when it is sent: the rows of the outbox say only where it stands. */
import { groupAggregate } from '../../commands/group/group.js'
import { groupStream, parseGroupEvent } from '../../events/group.js'
import type { GroupEvent } from '../../events/group.js'
import type { Json } from '../../events/json.js'
import { messagesStream, parseMessagesEvent } from '../../events/messages.js'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { encodeTree } from '../../mls/group/publicGroup.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { Blobs } from '../../ports/blobs.js'
import type { EventStore, StoredEvent } from '../../ports/eventStore.js'
import type { Streams } from '../../streams/streams.js'
import { bodyBytes } from '../body.js'
import type { JoinBody } from '../body.js'
import type { Item } from '../item.js'
import type { ItemRow } from './schema.js'

export type ContentDependencies = {
  readonly streams: Pick<Streams, 'readAt'>
  readonly events: Pick<EventStore, 'readStream'>
  readonly blobs: Pick<Blobs, 'get'>
}

/** Undefined where the log or the blobs no longer have what it is made of. */
export const contentOf = async (deps: ContentDependencies, row: ItemRow): Promise<Item | undefined> => {
  const { sequence, through, kind, event } = row
  const item = (bytes: Uint8Array | undefined): Item | undefined =>
    bytes === undefined ? undefined : { sequence, kind, bytes, events: event === undefined ? [] : [event] }
  if (kind === 'gap') return item(bodyBytes({ toSequence: through, count: through - sequence + 1 }))
  const group = row.group as GroupId
  const stream = kind === 'message' ? messagesStream(group) : groupStream(group)
  const [stored] = await deps.events.readStream(stream, { from: row.revision, limit: 1 })
  if (stored === undefined || stored.id !== event) return undefined
  if (kind === 'message') return item(messageBytes(stored))
  const parsed = parseGroupEvent(stored)
  if (parsed.type === 'Erased') return undefined
  return item(kind === 'join' ? await joinBytes(deps, group, parsed, row.revision) : await factBytes(deps, parsed))
}

const messageBytes = (stored: StoredEvent): Uint8Array | undefined => {
  const parsed = parseMessagesEvent(stored)
  return parsed.type === 'MessageAccepted' ? (fromBase64url(parsed.data.message) ?? undefined) : undefined
}

/** Of the epoch that the joining Commit began. */
const joinBytes = async (
  { streams, blobs }: ContentDependencies,
  group: GroupId,
  event: GroupEvent,
  revision: number,
): Promise<Uint8Array | undefined> => {
  if (event.type !== 'CommitAccepted') return undefined
  const state = await streams.readAt(groupAggregate, groupStream(group), revision)
  const groupInfo = await blobs.get(event.data.groupInfo.digest)
  if (state.status !== 'active' || groupInfo === undefined) return undefined
  // A later profile may have taken this one's place: its notice follows.
  const profile = state.profile === undefined ? undefined : await blobs.get(state.profile.blob.digest)
  const version = state.profile?.version
  const body: JoinBody = {
    groupInfo: toBase64url(groupInfo),
    ratchetTree: toBase64url(encodeTree(state.mls)),
    roles: [...state.users].map(([user, { role }]) => ({ user, role })),
    settings: state.settings,
    ...(profile === undefined || version === undefined ? {} : { profile: { version, bytes: toBase64url(profile) } }),
    proposals: [...state.mls.pending.values()].map(({ message }) => toBase64url(message.bytes)),
    required: [...state.required.values()].map(({ occupant, reason }) => ({ leaves: [occupant.leafIndex], reason })),
  }
  return bodyBytes(body)
}

const factBytes = async (
  { blobs }: Pick<ContentDependencies, 'blobs'>,
  event: GroupEvent,
): Promise<Uint8Array | undefined> => {
  if (event.type === 'CommitAccepted') return commitBytes(blobs, event.data)
  if (event.type === 'ProposalAccepted') return bodyBytes({ proposal: event.data.proposal })
  const notice = { type: event.type, data: event.data as Json }
  if (event.type !== 'ProfileChanged') return bodyBytes(notice)
  const profile = await blobs.get(event.data.profile.digest)
  return profile === undefined ? undefined : bodyBytes({ ...notice, bytes: toBase64url(profile) })
}

const commitBytes = async (
  blobs: ContentDependencies['blobs'],
  { commit, groupInfo: info, welcome: named }: Extract<GroupEvent, { type: 'CommitAccepted' }>['data'],
): Promise<Uint8Array | undefined> => {
  const groupInfo = await blobs.get(info.digest)
  const welcome = named === undefined ? undefined : await blobs.get(named.digest)
  if (groupInfo === undefined || (named !== undefined && welcome === undefined)) return undefined
  const more = welcome === undefined ? {} : { welcome: toBase64url(welcome) }
  return bodyBytes({ commit, groupInfo: toBase64url(groupInfo), ...more })
}
