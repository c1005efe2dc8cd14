/** submitMessage: a follower's client sends to a group of ours. The hub decides, by its server's word on who it is. */
import { hash } from 'node:crypto'
import { z } from 'zod'
import type { CommandReply } from '../../api/http/route.js'
import { applicationHeader, frankedAs, refuseMessageOf, refuseTargets } from '../../commands/group/messages.js'
import type { MessageHeader } from '../../commands/group/messages.js'
import { groupAggregate } from '../../commands/group/group.js'
import type { Group } from '../../commands/group/fold/state.js'
import { targetsKept } from '../../commands/group/servers.js'
import { groupUri } from '../../contract/fields.js'
import type { Franks } from '../../events/frank.js'
import { groupStream } from '../../events/group.js'
import { messagesShapes, messagesStream, urgencyKept } from '../../events/messages.js'
import type { MessagesEvent } from '../../events/messages.js'
import type { Limits } from '../../limits/limits.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { domainOf, parseUserId } from '../../mls/wire/ids.js'
import type { Domain, GroupId, UserId } from '../../mls/wire/ids.js'
import { decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import { eventId } from '../../streams/commandId.js'
import type { CommandContext } from '../../streams/decider.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected, Rejection } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { besideIn } from '../messageType.js'
import type { SaidBeside } from '../messageType.js'
import { acceptedHeader, problemField, problemHeader } from '../problemHeader.js'
import { decodeBody, encodeBody } from '../wire/body.js'
import { submitMessageRequest, submitMessageResponse } from '../wire/submitMessage.js'
import type { SubmitMessageResponse } from '../wire/submitMessage.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'
import { refuseBody } from './refuseBody.js'

export const submitMessagePath = '/federation/v1/submitMessage/{roomId}'

export type SubmitMessageDependencies = {
  readonly streams: Pick<Streams, 'read' | 'append' | 'appended'>
  readonly domain: Domain
  readonly franks: Pick<Franks, 'stamp'>
  readonly limits: Pick<Limits, 'mlsMessageBytesMax' | 'epochsPastMax' | 'targetsMax'>
  /** Messages for some of each user in an epoch; `clients`: so many of it may have sent, and it is not said which did. */
  readonly targeted: {
    readonly take: (user: UserId, group: GroupId, epoch: bigint, clients: number) => Rejected | undefined
    readonly giveBack: (user: UserId, group: GroupId, epoch: bigint) => void
  }
}

export const submitMessageRoute = (deps: SubmitMessageDependencies): PeerRoute =>
  peerRoute({
    method: 'post',
    path: submitMessagePath,
    tag: 'Federation',
    summary: 'Send an application message to a group of ours',
    description:
      'SubmitMessageRequest and SubmitMessageResponse of draft-ietf-mimi-protocol-06, as message/mls. The sender is a user of the peer with a leaf in the group. Whom it is for and how urgent it is stand in the media type (`message/mls; targets=1.4; urgency=silent`, docs/federation.md). An Idempotency-Key makes a repeated request the same send. Homeserver-Accepted is the id of what was accepted, Homeserver-Problem says why nothing was.',
    access: 'peer',
    params: z.strictObject({ roomId: groupUri }),
    mls: true,
    success: { status: 200, mls: true },
    problems: ['no-such-group', 'identity-mismatch', 'unsupported-message', 'too-large'],
    known: async ({ params: { roomId }, command: { id } }) =>
      (await deps.streams.appended(messagesStream(roomId), { id, bodyHash: '' })) !== undefined,
    answer: async ({ principal, params: { roomId: group }, mls, header, command, charge }) => {
      const beside = besideIn(header('content-type'))
      const asked =
        mls === undefined || beside === undefined
          ? malformed('the body is a SubmitMessageRequest, whose media type says no more than targets and urgency')
          : askedIn(deps, mls, beside)
      if ('rejected' in asked) return asked
      if (domainOf(asked.user) !== principal.domain)
        return reject({ code: 'identity-mismatch', detail: 'the sender is no user of that server' })
      if (domainOf(group) !== deps.domain) return reject({ code: 'no-such-group' })
      const limited = await charge(asked.user, [{ rate: 'sendsPerClient', key: asked.user }])
      return limited ?? submit(deps, group, asked, command)
    },
  })

type Submitted = SaidBeside & {
  readonly user: UserId
  readonly message: Uint8Array
  readonly header: MessageHeader
}

const askedIn = ({ limits }: SubmitMessageDependencies, body: Uint8Array, beside: SaidBeside): Submitted | Rejected => {
  const wrong = beside.targets === undefined ? undefined : refuseTargets(beside.targets, limits)
  if (wrong !== undefined) return wrong
  const request = decodeBody(submitMessageRequest, body)
  if (!request.ok) return refuseBody(request.refusal)
  const { appMessage: message, sendingUri } = request.value
  const user = parseUserId(sendingUri)
  const max = limits.mlsMessageBytesMax
  if (user === undefined) return malformed('sendingUri is no user')
  if (message.length > max) return reject({ code: 'too-large', max, actual: message.length })
  const decoded = decodeMlsMessage(message)
  const header = decoded.ok ? applicationHeader(decoded.value) : malformed(decoded.refusal.reason)
  return 'rejected' in header ? header : { ...beside, user, message, header }
}

const submit = async (
  deps: SubmitMessageDependencies,
  group: GroupId,
  asked: Submitted,
  command: CommandContext,
): Promise<CommandReply> => {
  const { streams, limits } = deps
  const stream = messagesStream(group)
  const { state } = await streams.read(groupAggregate, groupStream(group))
  const named = { ...command, bodyHash: bodyHashOf(command, asked) }
  const refused = refuseMessageOf(state, asked.user, asked.header, limits) ?? takeTargeted(deps, state, group, asked)
  // What was taken once stays taken, for whoever asks again after the epoch ended or the seat was lost.
  const sent =
    refused === undefined
      ? await streams.append({ shapes: messagesShapes }, stream, named, eventOf(deps, state, group, asked))
      : ((await streams.appended(stream, named)) ?? refused)
  if (refused === undefined && asked.targets !== undefined && ('rejected' in sent || sent.repeated))
    deps.targeted.giveBack(asked.user, group, asked.header.epoch)
  if ('rejected' in sent) return refusal(sent)
  const accepted = { code: 'accepted', acceptedTimestamp: sent.at, frank: undefined } as const
  return { ...answered(accepted, { [acceptedHeader]: eventId(command.id, 0) }), repeated: sent.repeated }
}

/** For other leaves it is another request. */
const bodyHashOf = ({ bodyHash }: CommandContext, { targets }: Submitted): string =>
  targets === undefined ? bodyHash : hash('sha256', JSON.stringify([bodyHash, targets]), 'base64url')

const takeTargeted = (
  { targeted }: SubmitMessageDependencies,
  state: Group,
  group: GroupId,
  { user, header, targets }: Submitted,
): Rejected | undefined => {
  if (targets === undefined || state.status !== 'active') return undefined
  return targeted.take(user, group, header.epoch, state.users.get(user)?.leaves ?? 1)
}

const eventOf =
  (
    { domain, franks }: SubmitMessageDependencies,
    state: Group,
    group: GroupId,
    { user, message, header, targets, urgency }: Submitted,
  ) =>
  (at: number): MessagesEvent => {
    const said = { ...urgencyKept(urgency), ...targetsKept(state, targets, domain) }
    const franked = frankedAs(franks, header, { sender: user, group, at })
    const data = { group, epoch: String(header.epoch), message: toBase64url(message), ...said, ...franked }
    return { type: 'MessageAccepted', data }
  }

/** Of a group that its server may not know of, nothing but that; of others as the draft says it. */
const refusal = (refused: Rejected): CommandReply => {
  const { rejected } = refused
  if (rejected.code === 'no-such-group' || rejected.code === 'idempotency-mismatch') return refused
  return { ...answered(responseOf(rejected), { [problemHeader]: problemField(rejected) }), repeated: false }
}

const responseOf = (rejected: Rejection): SubmitMessageResponse =>
  rejected.code === 'epoch-too-old'
    ? { code: 'epochTooOld', currentEpoch: BigInt(rejected.currentEpoch) }
    : { code: 'notAllowed' }

const answered = (response: SubmitMessageResponse, headers: Readonly<Record<string, string>>) =>
  ({ status: 200, mls: encodeBody(submitMessageResponse, response), headers }) as const
