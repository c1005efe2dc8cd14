/** Records one item of a followed group that comes next: verified, its blobs durable, then its events at their exact place. */
import { hash } from 'node:crypto'
import { followedIn } from '../../commands/group/followed/following.js'
import { groupAggregate } from '../../commands/group/group.js'
import { applicationHeader } from '../../commands/group/messages.js'
import type { MessageHeader } from '../../commands/group/messages.js'
import type { Group } from '../../commands/group/fold/state.js'
import { groupStream } from '../../events/group.js'
import type { GroupEvent } from '../../events/group.js'
import { nameOfFact } from '../../events/namedFact.js'
import { messagesShapes, messagesStream } from '../../events/messages.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { domainsOf, pendingLeaves } from '../../mls/group/leavesBrought.js'
import { tagIn } from '../../mls/wire/frankingTag.js'
import { domainOf, groupIdFromBytes } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import { decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import type { Blobs } from '../../ports/blobs.js'
import type { Clock } from '../../ports/clock.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { hubCommandId } from '../../streams/commandId.js'
import { executeStoring } from '../../commands/chains/executeStoring.js'
import type { CommandContext, Decision } from '../../streams/decider.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import type { Item } from '../item.js'
import { decodeBody } from '../wire/body.js'
import { messageItem } from '../wire/itemContents.js'
import { recordingOf } from './decisions.js'
import type { Recording } from './decisions.js'
import type { ExpectedItem } from './expected.js'
import type { RecordPolicy } from './policy.js'

export type RecordItemDependencies = {
  readonly streams: Streams
  readonly blobs: Pick<Blobs, 'put'>
  readonly clock: Pick<Clock, 'now'>
  /** Ours. */
  readonly domain: Domain
  /** What leaves are held against now. */
  readonly policy: RecordPolicy
}

export type From = { readonly hub: Domain; readonly group: GroupId }

/** What is expected after it, or what the hub did wrong. Throws StoreUnavailable when it was not ours to write. */
export const recordItem = async (
  deps: RecordItemDependencies,
  from: From,
  item: Item,
  expected: ExpectedItem,
): Promise<ExpectedItem | Rejected> => {
  if (item.kind === 'message') return recordMessage(deps, from, item, expected)
  const recording = recordingOf(item, { ...from, ours: deps.domain })
  if (recording === undefined) return malformed(`a ${item.kind} of another form`)
  const refused = await recordDecision(deps, from, item, recording)
  return refused ?? { ...expected, next: recording.through + 1 }
}

const recordDecision = async (
  { streams, blobs, clock, domain, policy }: RecordItemDependencies,
  { hub, group }: From,
  item: Item,
  { decide: decideBy, domains, blobs: named, through }: Recording,
): Promise<Rejected | undefined> => {
  const stream = groupStream(group)
  const { state: before } = await streams.read(groupAggregate, stream)
  const decide = decideBy(await policy([...domains, ...domainsIn(before)]))
  const decideHere = (state: Group): Decision<GroupEvent> =>
    item.kind === 'join' || isHere(state, domain) ? decide(state) : reject({ code: 'no-such-group' })
  const command = commandOf(hub, group, item, through, clock.now())
  const storing = { stream, command, before, decide: decideHere, bytes: named }
  const outcome = await executeStoring({ streams, blobs }, groupAggregate, storing)
  return 'rejected' in outcome ? outcome : undefined
}

/** The fold is not asked for more than the epoch: a message costs no more than one of our own groups. */
const recordMessage = async (
  { streams, clock, domain }: RecordItemDependencies,
  { hub, group }: From,
  item: Item,
  expected: ExpectedItem,
): Promise<ExpectedItem | Rejected> => {
  const body = decodeBody(messageItem, item.bytes)
  if (!body.ok) return malformed(`a message of another form: ${body.refusal.reason}`)
  const { message: bytes } = body.value.message
  const message = decodeMlsMessage(bytes)
  const header = message.ok ? applicationHeader(message.value) : malformed('a message of another form')
  if ('rejected' in header) return header
  const { state } = await streams.read(groupAggregate, groupStream(group))
  const followed = followedIn(state)
  if ('rejected' in followed) return followed
  if (!isHere(state, domain)) return reject({ code: 'no-such-group' })
  if (groupIdFromBytes(header.groupId) !== group) return malformed('the message names another group')
  if (header.epoch > followed.mls.epoch) return malformed('the message is of an epoch that has not begun')
  const targets = body.value.targets.length === 0 ? {} : { targets: [...body.value.targets] }
  const data = {
    group,
    epoch: String(header.epoch),
    message: toBase64url(bytes),
    ...targets,
    ...reportable(header, item),
  }
  const appended = await streams.appendAt(
    { shapes: messagesShapes },
    messagesStream(group),
    commandOf(hub, group, item, item.sequence, clock.now()),
    { type: 'MessageAccepted' as const, data },
    expected.messages,
  )
  if (appended === 'elsewhere') throw new StoreUnavailable(`another process records ${group}`)
  return { next: item.sequence + 1, messages: appended.revision }
}

/** Who reports it names it to the hub, which has the frank. */
const reportable = (header: MessageHeader, { events }: Item): { readonly frank?: string } => {
  const frank = tagIn(header.authenticatedData) === undefined ? undefined : nameOfFact(events[0])
  return frank === undefined ? {} : { frank }
}

/** Of members, and of leaves that are proposed and may be committed by what names them. */
const domainsIn = (state: Group): readonly Domain[] => {
  if (state.status !== 'active') return []
  return [
    ...Array.from(state.leaves.values(), ({ client }) => domainOf(client)),
    ...domainsOf(pendingLeaves(state.mls)),
  ]
}

/** Nobody of ours is in it: the hub has nothing to say to us but that somebody is again. */
const isHere = (state: Group, domain: Domain): boolean => {
  const followed = followedIn(state)
  return !('rejected' in followed) && [...followed.leaves.values()].some(({ client }) => domainOf(client) === domain)
}

const commandOf = (hub: Domain, group: GroupId, item: Item, through: number, at: number): CommandContext => ({
  id: hubCommandId(hub, group, item.sequence),
  bodyHash: hash('sha256', item.bytes, 'base64url'),
  at,
  ...(item.events[0] === undefined ? {} : { cause: item.events[0] }),
  hub: { domain: hub, sequence: through },
})
