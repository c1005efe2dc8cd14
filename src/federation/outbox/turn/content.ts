/** The content of an item, made of the log when it is sent: the rows of the outbox say only where it stands. */
import { groupAggregate } from '../../../commands/group/group.js'
import { groupStream, parseGroupEvent } from '../../../events/group.js'
import type { GroupEvent } from '../../../events/group.js'
import type { Json } from '../../../events/form/json.js'
import { messagesStream, parseMessagesEvent } from '../../../events/messages.js'
import { fromBase64url } from '../../../mls/bytes/base64url.js'
import { encodeTree } from '../../../mls/group/publicGroup.js'
import type { GroupId } from '../../../mls/wire/ids.js'
import type { Blobs } from '../../../ports/blobs.js'
import type { EventStore, StoredEvent } from '../../../ports/eventStore.js'
import type { Streams } from '../../../streams/streams.js'
import { factsBytes } from '../../facts.js'
import type { JoinFacts } from '../../facts.js'
import type { Item } from '../../item.js'
import { encodeBody } from '../../wire/body.js'
import { commitItem, gapItem, joinItem, messageItem, noticeItem, proposalItem } from '../../wire/itemContents.js'
import { withHeader, withoutHeader } from '../../wire/mlsObjects.js'
import type { ItemRow } from '../schema.js'

export type ContentDependencies = {
  readonly streams: Pick<Streams, 'readAt'>
  readonly events: Pick<EventStore, 'readStream'>
  readonly blobs: Pick<Blobs, 'get'>
  /** SHA-256 of our root certificate as it is now, base64url; undefined: nothing is said of it. */
  readonly rootPrint?: () => string
}

/** Undefined where the log or the blobs no longer have what it is made of. */
export const contentOf = async (deps: ContentDependencies, row: ItemRow): Promise<Item | undefined> => {
  const { sequence, through, kind, event } = row
  const item = (bytes: Uint8Array | undefined): Item | undefined =>
    bytes === undefined ? undefined : { sequence, kind, bytes, events: event === undefined ? [] : [event] }
  if (kind === 'gap') return item(encodeBody(gapItem, { count: through - sequence + 1 }))
  const group = row.group as GroupId
  const stream = kind === 'message' ? messagesStream(group) : groupStream(group)
  const [stored] = await deps.events.readStream(stream, { from: row.revision, limit: 1 })
  if (stored === undefined || stored.id !== event) return undefined
  if (kind === 'message') return messageItemOf(row, stored)
  const parsed = parseGroupEvent(stored)
  if (parsed.type === 'Erased') return undefined
  const { at } = stored.meta
  return item(kind === 'join' ? await joinBytes(deps, group, parsed, row) : await factBytes(deps, parsed, at))
}

/** Of the event that the row names. */
export const messageItemOf = ({ sequence, kind, event }: ItemRow, stored: StoredEvent): Item | undefined => {
  const bytes = messageBytes(stored)
  return bytes === undefined ? undefined : { sequence, kind, bytes, events: event === undefined ? [] : [event] }
}

const messageBytes = (stored: StoredEvent): Uint8Array | undefined => {
  const parsed = parseMessagesEvent(stored)
  const message = parsed.type === 'MessageAccepted' ? fromBase64url(parsed.data.message) : undefined
  if (parsed.type !== 'MessageAccepted' || message === undefined) return undefined
  const fanout = { type: 'application', timestamp: stored.meta.at, message, frank: undefined } as const
  const { targets = [], urgency = 'normal' } = parsed.data
  return encodeBody(messageItem, { message: fanout, targets, urgency }, message.length + messageRoom)
}

/** About what a message takes beside itself, unless it is for some only. */
const messageRoom = 64

/** Of the epoch that the joining Commit began. */
const joinBytes = async (
  { streams, blobs, rootPrint }: ContentDependencies,
  group: GroupId,
  event: GroupEvent,
  { revision, at }: ItemRow,
): Promise<Uint8Array | undefined> => {
  if (event.type !== 'CommitAccepted') return undefined
  const state = await streams.readAt(groupAggregate, groupStream(group), revision)
  const parts = await bundleParts(blobs, event.data)
  if (state.status !== 'active' || parts === undefined) return undefined
  // A later profile may have taken this one's place: its notice follows.
  const profile = state.profile === undefined ? undefined : await blobs.get(state.profile.blob.digest)
  const version = state.profile?.version
  const facts: JoinFacts = {
    roles: [...state.users].map(([user, { role }]) => ({ user, role })),
    settings: state.settings,
    ...(profile === undefined || version === undefined ? {} : { profile: { version } }),
    required: [...state.required.values()].map(({ occupant, reason }) => ({ leaves: [occupant.leafIndex], reason })),
    added: event.data.added.flatMap(({ leafIndex: leaf, keyPackageRef }) =>
      keyPackageRef === undefined ? [] : [{ leaf, keyPackageRef }],
    ),
    ...(rootPrint === undefined ? {} : { root: rootPrint() }),
  }
  const pendingProposals = [...state.mls.pending.values()].map(({ message }) => ({
    proposal: withHeader('publicMessage', message.bytes),
    acceptedTime: 0,
  }))
  const { groupInfo, welcome } = parts
  const ratchetTree = encodeTree(state.mls)
  const room = ratchetTree.length + groupInfo.length + (welcome?.length ?? 0) + (profile?.length ?? 0)
  const join = { timestamp: at, state: { groupInfo, ratchetTree, pendingProposals }, welcome, profile }
  return encodeBody(joinItem, { ...join, facts: factsBytes(facts) }, room + joinRoom)
}

/** About what a join takes beside its MLS objects and its profile. */
const joinRoom = 4096

const factBytes = async (
  { blobs }: Pick<ContentDependencies, 'blobs'>,
  event: GroupEvent,
  timestamp: number,
): Promise<Uint8Array | undefined> => {
  if (event.type === 'CommitAccepted') return commitBytes(blobs, event.data, timestamp)
  if (event.type === 'ProposalAccepted') {
    const message = fromBase64url(event.data.proposal)
    if (message === undefined) return undefined
    return encodeBody(proposalItem, { type: 'proposal', timestamp, message, moreProposals: [] })
  }
  const fact = factsBytes({ type: event.type, data: event.data as Json })
  if (event.type !== 'ProfileChanged') return encodeBody(noticeItem, { timestamp, fact, bytes: undefined })
  const bytes = await blobs.get(event.data.profile.digest)
  return bytes === undefined ? undefined : encodeBody(noticeItem, { timestamp, fact, bytes })
}

const commitBytes = async (
  blobs: ContentDependencies['blobs'],
  data: CommitData,
  timestamp: number,
): Promise<Uint8Array | undefined> => {
  const message = fromBase64url(data.commit)
  const parts = await bundleParts(blobs, data)
  if (message === undefined || parts === undefined) return undefined
  return encodeBody(commitItem, { commit: { type: 'commit', timestamp, message, externalProposals: [] }, ...parts })
}

type CommitData = Extract<GroupEvent, { type: 'CommitAccepted' }>['data']

/** What came with a Commit, as bare structs. */
const bundleParts = async (
  blobs: ContentDependencies['blobs'],
  { groupInfo: info, welcome: named }: Pick<CommitData, 'groupInfo' | 'welcome'>,
): Promise<{ readonly groupInfo: Uint8Array; readonly welcome: Uint8Array | undefined } | undefined> => {
  const groupInfo = await blobs.get(info.digest)
  const welcome = named === undefined ? undefined : await blobs.get(named.digest)
  if (groupInfo === undefined || (named !== undefined && welcome === undefined)) return undefined
  return { groupInfo: withoutHeader(groupInfo), welcome: welcome === undefined ? undefined : withoutHeader(welcome) }
}
