/** Records a run of messages of a followed group in one append: each at its exact place, up to the first that is wrong. */
import { followedIn } from '../../commands/group/followed/following.js'
import { groupAggregate } from '../../commands/group/group.js'
import { applicationHeader } from '../../commands/group/messages.js'
import type { MessageHeader } from '../../commands/group/messages.js'
import { groupStream } from '../../events/group.js'
import { nameOfFact } from '../../events/namedFact.js'
import { messagesShapes, messagesStream, urgencyKept } from '../../events/messages.js'
import type { MessagesEvent } from '../../events/messages.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { tagIn } from '../../mls/wire/frankingTag.js'
import { groupIdFromBytes } from '../../mls/wire/ids.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import type { Commanded } from '../../streams/appendOnce.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Item } from '../item.js'
import { decodeBody } from '../wire/body.js'
import { messageItem } from '../wire/itemContents.js'
import { commandOf } from './commandOf.js'
import type { ExpectedItem } from './expected.js'
import { isHere } from './isHere.js'
import type { From, RecordedItems, RecordItemDependencies } from './recordItem.js'

/** The fold is asked once, and for no more than the epoch. Throws StoreUnavailable when it was not ours to write. */
export const recordMessages = async (
  { streams, clock, domain }: RecordItemDependencies,
  { hub, group }: From,
  run: readonly Item[],
  expected: ExpectedItem,
): Promise<RecordedItems> => {
  const { state } = await streams.read(groupAggregate, groupStream(group))
  const followed = followedIn(state)
  if ('rejected' in followed) return { expected, refused: followed }
  if (!isHere(state, domain)) return { expected, refused: reject({ code: 'no-such-group' }) }
  const commanded: Commanded<MessageFact>[] = []
  let refused: Rejected | undefined
  let { next } = expected
  for (const item of run) {
    const event = factOf(group, followed.mls.epoch, item)
    if ('rejected' in event) {
      refused = event
      break
    }
    commanded.push({ command: commandOf(hub, group, item, item.sequence, clock.now()), event })
    next = item.sequence + 1
  }
  if (commanded.length === 0) return { expected, refused }
  const appended = await streams.appendAt(messagesOnly, messagesStream(group), commanded, expected.messages)
  if (appended === 'elsewhere') throw new StoreUnavailable(`another process records ${group}`)
  return { expected: { next, messages: appended.revision }, refused }
}

const messagesOnly = { shapes: messagesShapes }

type MessageFact = Extract<MessagesEvent, { type: 'MessageAccepted' }>

const factOf = (group: GroupId, epoch: bigint, item: Item): MessageFact | Rejected => {
  const body = decodeBody(messageItem, item.bytes)
  if (!body.ok) return malformed(`a message of another form: ${body.refusal.reason}`)
  const { message: bytes } = body.value.message
  const message = decodeMlsMessage(bytes)
  const header = message.ok ? applicationHeader(message.value) : malformed('a message of another form')
  if ('rejected' in header) return header
  if (groupIdFromBytes(header.groupId) !== group) return malformed('the message names another group')
  if (header.epoch > epoch) return malformed('the message is of an epoch that has not begun')
  const targets = body.value.targets.length === 0 ? {} : { targets: [...body.value.targets] }
  const said = { ...urgencyKept(body.value.urgency), ...targets }
  return {
    type: 'MessageAccepted',
    data: { group, epoch: String(header.epoch), message: toBase64url(bytes), ...said, ...reportable(header, item) },
  }
}

/** Who reports it names it to the hub, which has the frank. */
const reportable = (header: MessageHeader, { events }: Item): { readonly frank?: string } => {
  const frank = tagIn(header.authenticatedData) === undefined ? undefined : nameOfFact(events[0])
  return frank === undefined ? {} : { frank }
}
