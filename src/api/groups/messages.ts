/** Sending an application message: over HTTP and, by the same function, over the websocket. */
import { hash } from 'node:crypto'
import { z } from 'zod'
import type { CommandContext } from '../../streams/decider.js'
import { groupAggregate } from '../../commands/group/group.js'
import type { By } from '../../commands/group/access.js'
import { applicationHeader, frankedAs, refuseMessage, refuseTargets } from '../../commands/group/messages.js'
import type { Claimed } from '../../commands/group/messages.js'
import { rejectionOf } from '../../commands/group/refusals.js'
import { targetsKept } from '../../commands/group/servers.js'
import type { Group } from '../../commands/group/fold/state.js'
import type { Streams } from '../../streams/streams.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { groupStream } from '../../events/group.js'
import type { Franks } from '../../events/frank.js'
import { messagesShapes, messagesStream, urgencyKept } from '../../events/messages.js'
import type { MessagesEvent, Urgency } from '../../events/messages.js'
import { urgencyBeside, urgencyField, urgencyShape } from './urgency.js'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { domainOf, groupIdFromBytes } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import { decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import type { Limits } from '../../limits/limits.js'
import type { Charge } from '../http/budgets/rateLimits.js'
import { decidedElsewhere, elsewhereProblems, replyElsewhere } from '../elsewhere/elsewhere.js'
import type { Elsewhere, TakenElsewhere } from '../elsewhere/elsewhere.js'
import { makeForwardMessage } from '../elsewhere/forwardMessage.js'
import type { SendLine } from '../realtime/sendLine.js'
import { bytesIn, bytesOut, described } from '../../contract/fields.js'
import { placeAnswer } from '../http/positionOnly.js'
import { groupParams, tag } from './groupFields.js'
import { countTargeted, targetsField, targetsIn } from './targets.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { recordedIn } from '../http/place.js'
import type { Place } from '../http/place.js'

type SentHere = Place & { readonly repeated: boolean }
export type Sent = SentHere | TakenElsewhere

/** An MLSMessage for a group; undefined: the one that the message names. */
export type Sending = Claimed & {
  readonly group: GroupId | undefined
  readonly message: Uint8Array
  readonly urgency?: Urgency | undefined
  /** Leaves at its epoch, each once; undefined: it is for everybody. */
  readonly targets?: readonly number[] | undefined
}

/**
 * Takes a message. The caller has counted it (`costOfSend`). Its cost does not grow with members or history. `line`: of a
 * connection, whose sends to one group stand in the log in the order in which they were asked for.
 */
export type SendMessage = (
  by: By,
  sending: Sending,
  command: Pick<CommandContext, 'id' | 'at'>,
  line?: SendLine,
) => Promise<Rejected | Sent>

export const makeSendMessage = ({
  streams,
  domain,
  limits,
  franks,
  appendsInOrder = false,
  elsewhere,
}: {
  readonly streams: Streams
  readonly domain: Domain
  readonly limits: Limits
  readonly franks: Pick<Franks, 'stamp'>
  /** The log takes appends in the order in which they are asked for: a send need not wait for its predecessor's end. */
  readonly appendsInOrder?: boolean
  /** Undefined: groups of other servers are not known here. */
  readonly elsewhere?: Elsewhere | undefined
}): SendMessage => {
  const targeted = countTargeted(limits)
  const forward =
    elsewhere === undefined ? undefined : makeForwardMessage({ ...elsewhere, streams, targeted }, messageProblems)
  return async (by, { group: named, message: bytes, confirmedTranscriptHash, targets, urgency }, command, line) => {
    const message = decodeMlsMessage(bytes, limits.mlsMessageBytesMax)
    if (!message.ok) return rejectionOf(message.refusal, 'proposal')
    const header = applicationHeader(message.value)
    if ('rejected' in header) return header
    const group = named ?? groupIdFromBytes(header.groupId)
    if (group === undefined) return reject({ code: 'no-such-group' })
    const wrong = targets === undefined ? undefined : refuseTargets(targets, limits)
    if (wrong !== undefined) return wrong
    if (domainOf(group) !== domain) {
      if (forward === undefined) return reject({ code: 'no-such-group' })
      const sent = { group, message: bytes, header: { ...header, confirmedTranscriptHash }, targets, urgency }
      const ask = () => forward(by, sent, command)
      return line === undefined ? ask() : line.take(group, ask)
    }
    const eventFor =
      (state: Group) =>
      (at: number): MessagesEvent => ({
        type: 'MessageAccepted',
        data: {
          group,
          epoch: String(header.epoch),
          message: toBase64url(bytes),
          ...urgencyKept(urgency),
          ...targetsKept(state, targets, domain),
          ...frankedAs(franks, header, { sender: by.user, group, at }),
        },
      })
    // The message names its group itself: whichever way it came, as JSON or as it is, the same bytes are the same send.
    const bodyHash = hash(
      'sha256',
      targets === undefined ? bytes : Buffer.from(JSON.stringify([toBase64url(bytes), targets])),
      'base64url',
    )
    // Not in its turn: those that wait for each other are decided by one read.
    const reading = streams.read(groupAggregate, groupStream(group))
    reading.catch(() => undefined)
    const begin = async (): Promise<Begun> => {
      const { state } = await reading
      const refused = refuseMessage(state, by, { ...header, confirmedTranscriptHash }, limits)
      const asked = { ...command, bodyHash }
      // What was taken once stays taken, for whoever asks again after the epoch ended or the seat was lost.
      if (refused !== undefined) return { outcome: firstAnswer(streams, group, asked, refused) }
      const append = () => streams.append({ shapes: messagesShapes }, messagesStream(group), asked, eventFor(state))
      if (targets === undefined) return { outcome: append() }
      const tooMany = targeted.take(by.client, group, header.epoch)
      if (tooMany !== undefined) return { outcome: firstAnswer(streams, group, asked, tooMany) }
      return {
        outcome: unlessNew(append(), () => {
          targeted.giveBack(by.client, group, header.epoch)
        }),
      }
    }
    if (line === undefined) return (await begin()).outcome
    if (appendsInOrder) return (await line.take(group, begin)).outcome
    return line.take(group, async () => (await begin()).outcome)
  }
}

/** What is no new message after all is not counted. */
const unlessNew = async (outcome: Promise<Rejected | SentHere>, giveBack: () => void): Promise<Rejected | SentHere> => {
  const sent = await outcome
  if ('rejected' in sent || sent.repeated) giveBack()
  return sent
}

const firstAnswer = async (
  streams: Streams,
  group: GroupId,
  command: Pick<CommandContext, 'id' | 'bodyHash'>,
  refused: Rejected,
): Promise<Rejected | SentHere> => (await streams.appended(messagesStream(group), command)) ?? refused

/** Whether a send is in the log. Throws what the store throws. */
export type KnowsSend = (
  sending: Pick<Sending, 'group' | 'message'>,
  command: Pick<CommandContext, 'id'>,
) => Promise<boolean>

export const makeKnowsSend =
  ({ streams, limits }: { readonly streams: Pick<Streams, 'appended'>; readonly limits: Limits }): KnowsSend =>
  async ({ group: named, message }, { id }) => {
    const group = named ?? groupNamedIn(message, limits)
    return group !== undefined && (await streams.appended(messagesStream(group), { id, bodyHash: '' })) !== undefined
  }

const groupNamedIn = (bytes: Uint8Array, limits: Limits): GroupId | undefined => {
  const message = decodeMlsMessage(bytes, limits.mlsMessageBytesMax)
  const header = message.ok ? applicationHeader(message.value) : undefined
  return header === undefined || 'rejected' in header ? undefined : groupIdFromBytes(header.groupId)
}

/** Besides what any command costs. */
export const costOfSend = ({ client }: By): Charge => ({ rate: 'sendsPerClient', key: client })

/** A send whose append was asked for. */
type Begun = { readonly outcome: Promise<Rejected | SentHere> }

const transcriptMeaning = 'The confirmed transcript hash (RFC 9420 §8.2) of the epoch that it is encrypted in'

const messageProblems = [
  'no-such-group',
  'not-a-member',
  'group-deleted',
  'not-allowed',
  'wrong-epoch',
  'epoch-too-old',
  'unsupported-message',
  'too-large',
  'limit-reached',
] as const

type MessageRoutesDependencies = { readonly sendMessage: SendMessage; readonly knowsSend: KnowsSend }

export const messageRoutes = ({ sendMessage, knowsSend }: MessageRoutesDependencies): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/groups/{group}/messages',
    tag,
    summary: 'Send an application message',
    description:
      'A PrivateMessage of the current epoch or one of the five before it. With `targets` only the queues of those leaves show it, and nobody else’s counts it. It should say the confirmed transcript hash of its epoch, as confirmedTranscriptHash or, beside message/mls, as the header Confirmed-Transcript-Hash (base64url): another history than the server has is refused as wrong-epoch, and is not taken for an epoch of the same number.',
    access: 'client',
    params: groupParams,
    body: z.strictObject({
      message: bytesIn.describe('An MLSMessage with a PrivateMessage'),
      confirmedTranscriptHash: bytesIn.optional().describe(transcriptMeaning),
      urgency: urgencyField.optional(),
      targets: targetsField.optional(),
    }),
    headers: {
      'Confirmed-Transcript-Hash': { description: `Beside message/mls. ${transcriptMeaning}`, schema: bytesOut },
      Urgency: urgencyShape,
      Targets: {
        description: 'Beside message/mls: leaves at its epoch, by commas; only their queues show the message',
        schema: described(z.string(), 'Leaf indices, by commas', '1, 4'),
      },
    },
    mls: true,
    success: { status: 201, body: placeAnswer },
    also: [decidedElsewhere],
    problems: [...messageProblems, ...elsewhereProblems, 'read-model-behind'],
    known: ({ params, body, mls, command }) =>
      knowsSend({ group: params.group, message: mls ?? body.message }, command),
    rates: ({ principal }) => [costOfSend(principal)],
    answer: async ({ principal, params: { group }, body, mls, header, command }) => {
      const sending =
        mls === undefined ? { ...body, group } : besideMessage(group, mls, header(transcriptHeader), header('targets'))
      if ('rejected' in sending) return sending
      const urgency = mls === undefined ? body.urgency : urgencyBeside(header('urgency'))
      if (typeof urgency === 'object') return urgency
      const sent = await sendMessage(principal, { ...sending, urgency }, command)
      if ('rejected' in sent) return sent
      return 'elsewhere' in sent ? replyElsewhere(sent.elsewhere) : { status: 201, ...recordedIn(sent) }
    },
  }),
]

const transcriptHeader = 'confirmed-transcript-hash'

const besideMessage = (
  group: GroupId,
  message: Uint8Array,
  claimed: string | undefined,
  targeted: string | undefined,
): Sending | Rejected => {
  const targets = targeted === undefined ? undefined : targetsIn(targeted)
  if (targets !== undefined && 'rejected' in targets) return targets
  if (claimed === undefined) return { group, message, targets }
  const confirmedTranscriptHash = fromBase64url(claimed)
  if (confirmedTranscriptHash !== undefined) return { group, message, confirmedTranscriptHash, targets }
  return reject({ code: 'malformed', detail: 'Confirmed-Transcript-Hash: not unpadded base64url' })
}
