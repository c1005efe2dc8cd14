/** submitMessage: a follower's client sends to a group of ours. The hub decides, by its server's word on who it is. */
import { z } from 'zod'
import type { CommandReply } from '../../api/http/route.js'
import { applicationHeader, frankedAs, refuseMessageOf } from '../../commands/group/messages.js'
import type { MessageHeader } from '../../commands/group/messages.js'
import { groupAggregate } from '../../commands/group/group.js'
import { groupUri } from '../../contract/fields.js'
import type { Franks } from '../../events/frank.js'
import { groupStream } from '../../events/group.js'
import { messagesShapes, messagesStream } from '../../events/messages.js'
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
import { acceptedHeader, problemField, problemHeader } from '../problemHeader.js'
import { decodeBody, encodeBody } from '../wire/body.js'
import { submitMessageRequest, submitMessageResponse } from '../wire/submitMessage.js'
import type { SubmitMessageResponse } from '../wire/submitMessage.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'

export const submitMessagePath = '/federation/v1/submitMessage/{roomId}'

export type SubmitMessageDependencies = {
  readonly streams: Pick<Streams, 'read' | 'append' | 'appended'>
  readonly domain: Domain
  readonly franks: Pick<Franks, 'stamp'>
  readonly limits: Pick<Limits, 'mlsMessageBytesMax' | 'epochsPastMax'>
}

export const submitMessageRoute = (deps: SubmitMessageDependencies): PeerRoute =>
  peerRoute({
    method: 'post',
    path: submitMessagePath,
    tag: 'Federation',
    summary: 'Send an application message to a group of ours',
    description:
      'SubmitMessageRequest and SubmitMessageResponse of draft-ietf-mimi-protocol-06, as message/mls. The sender is a user of the peer with a leaf in the group. An Idempotency-Key makes a repeated request the same send. Homeserver-Accepted is the id of what was accepted, Homeserver-Problem says why nothing was.',
    access: 'peer',
    params: z.strictObject({ roomId: groupUri }),
    mls: true,
    success: { status: 200, mls: true },
    problems: ['no-such-group', 'identity-mismatch', 'unsupported-message', 'too-large'],
    known: async ({ params: { roomId }, command: { id } }) =>
      (await deps.streams.appended(messagesStream(roomId), { id, bodyHash: '' })) !== undefined,
    answer: async ({ principal, params: { roomId: group }, mls, command, charge }) => {
      const asked = mls === undefined ? malformed('the body is a SubmitMessageRequest') : askedIn(deps, mls)
      if ('rejected' in asked) return asked
      if (domainOf(asked.user) !== principal.domain)
        return reject({ code: 'identity-mismatch', detail: 'the sender is no user of that server' })
      if (domainOf(group) !== deps.domain) return reject({ code: 'no-such-group' })
      const limited = await charge(asked.user, [{ rate: 'sendsPerClient', key: asked.user }])
      return limited ?? submit(deps, group, asked, command)
    },
  })

type Submitted = { readonly user: UserId; readonly message: Uint8Array; readonly header: MessageHeader }

const askedIn = ({ limits }: SubmitMessageDependencies, body: Uint8Array): Submitted | Rejected => {
  const request = decodeBody(submitMessageRequest, body)
  if (!request.ok) {
    const { code, reason } = request.refusal
    return code === 'unsupported-message' ? reject({ code, reason }) : malformed(reason)
  }
  const { appMessage: message, sendingUri } = request.value
  const user = parseUserId(sendingUri)
  const max = limits.mlsMessageBytesMax
  if (user === undefined) return malformed('sendingUri is no user')
  if (message.length > max) return reject({ code: 'too-large', max, actual: message.length })
  const decoded = decodeMlsMessage(message)
  const header = decoded.ok ? applicationHeader(decoded.value) : malformed(decoded.refusal.reason)
  return 'rejected' in header ? header : { user, message, header }
}

const submit = async (
  { streams, limits, franks }: SubmitMessageDependencies,
  group: GroupId,
  { user, message, header }: Submitted,
  command: CommandContext,
): Promise<CommandReply> => {
  const stream = messagesStream(group)
  const { state } = await streams.read(groupAggregate, groupStream(group))
  const refused = refuseMessageOf(state, user, header, limits)
  const eventAt = (at: number): MessagesEvent => {
    const franked = frankedAs(franks, header, { sender: user, group, at })
    const data = { group, epoch: String(header.epoch), message: toBase64url(message), ...franked }
    return { type: 'MessageAccepted', data }
  }
  // What was taken once stays taken, for whoever asks again after the epoch ended or the seat was lost.
  const sent =
    refused === undefined
      ? await streams.append({ shapes: messagesShapes }, stream, command, eventAt)
      : ((await streams.appended(stream, command)) ?? refused)
  if ('rejected' in sent) return refusal(sent)
  const accepted = { code: 'accepted', acceptedTimestamp: sent.at, frank: undefined } as const
  return { ...answered(accepted, { [acceptedHeader]: eventId(command.id, 0) }), repeated: sent.repeated }
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
