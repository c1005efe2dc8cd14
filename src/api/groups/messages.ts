/** Sending an application message: over HTTP and, by the same function, over the websocket. */
import { hash } from 'node:crypto'
import { z } from 'zod'
import type { CommandContext } from '../../streams/decider.js'
import { groupAggregate } from '../../commands/group/group.js'
import type { By } from '../../commands/group/access.js'
import { applicationHeader, refuseMessage } from '../../commands/group/messages.js'
import type { Claimed } from '../../commands/group/messages.js'
import { rejectionOf } from '../../commands/group/refusals.js'
import type { Streams } from '../../streams/streams.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { groupStream } from '../../events/group.js'
import { messagesShapes, messagesStream } from '../../events/messages.js'
import type { MessagesEvent } from '../../events/messages.js'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { domainOf, groupIdFromBytes } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import { decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import type { Limits } from '../../limits/limits.js'
import type { Position } from '../../ports/position.js'
import type { Charge } from '../http/rateLimits.js'
import { bytesIn, positionOut } from '../http/fieldSchemas.js'
import { groupParams, tag } from './groupFields.js'
import { route } from '../door.js'
import type { Route } from '../door.js'

export type Sent = { readonly position: Position; readonly repeated: boolean }

/** An MLSMessage for a group; undefined: the one that the message names. */
export type Sending = Claimed & { readonly group: GroupId | undefined; readonly message: Uint8Array }

/**
 * Takes a message. The caller has counted it (`costOfSend`). Its cost does not grow with members or history.
 */
export type SendMessage = (
  by: By,
  sending: Sending,
  command: Pick<CommandContext, 'id' | 'at'>,
) => Promise<Rejected | Sent>

export const makeSendMessage =
  ({
    streams,
    domain,
    limits,
  }: {
    readonly streams: Streams
    readonly domain: Domain
    readonly limits: Limits
  }): SendMessage =>
  async (by, { group: named, message: bytes, confirmedTranscriptHash }, command) => {
    const message = decodeMlsMessage(bytes, limits.mlsMessageBytesMax)
    if (!message.ok) return rejectionOf(message.refusal, 'proposal')
    const header = applicationHeader(message.value)
    if ('rejected' in header) return header
    const group = named ?? groupIdFromBytes(header.groupId)
    if (group === undefined || domainOf(group) !== domain) return reject({ code: 'no-such-group' })
    const { state } = await streams.read(groupAggregate, groupStream(group))
    const refused = refuseMessage(state, by, { ...header, confirmedTranscriptHash }, limits)
    if (refused !== undefined) return refused
    const event: MessagesEvent = {
      type: 'MessageAccepted',
      data: { group, epoch: String(header.epoch), message: toBase64url(bytes) },
    }
    // The message names its group itself: whichever way it came, as JSON or as it is, the same bytes are the same send.
    const bodyHash = hash('sha256', bytes, 'base64url')
    return streams.append({ shapes: messagesShapes }, messagesStream(group), { ...command, bodyHash }, event)
  }

/** Besides what any command costs. */
export const costOfSend = ({ client }: By): Charge => ({ rate: 'sendsPerClient', key: client })

export const messageRoutes = ({ sendMessage }: { readonly sendMessage: SendMessage }): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/groups/{group}/messages',
    tag,
    summary: 'Send an application message',
    description:
      'A PrivateMessage of the current epoch or one of the five before it. It should say the confirmed transcript hash of its epoch, as confirmedTranscriptHash or, beside message/mls, as the header Confirmed-Transcript-Hash (base64url): another history than the server has is refused as wrong-epoch, and is not taken for an epoch of the same number.',
    access: 'client',
    params: groupParams,
    body: z.strictObject({ message: bytesIn, confirmedTranscriptHash: bytesIn.optional() }),
    mls: true,
    success: { status: 201, body: z.object({ position: positionOut }) },
    problems: [
      'no-such-group',
      'not-a-member',
      'group-deleted',
      'wrong-epoch',
      'epoch-too-old',
      'unsupported-message',
      'too-large',
    ],
    rates: ({ principal }) => [costOfSend(principal)],
    answer: async ({ principal, params: { group }, body, mls, header, command }) => {
      const sending = mls === undefined ? { ...body, group } : besideMessage(group, mls, header(transcriptHeader))
      if ('rejected' in sending) return sending
      const sent = await sendMessage(principal, sending, command)
      return 'rejected' in sent ? sent : { status: 201, position: sent.position }
    },
  }),
]

const transcriptHeader = 'confirmed-transcript-hash'

const besideMessage = (group: GroupId, message: Uint8Array, claimed: string | undefined): Sending | Rejected => {
  if (claimed === undefined) return { group, message }
  const confirmedTranscriptHash = fromBase64url(claimed)
  if (confirmedTranscriptHash !== undefined) return { group, message, confirmedTranscriptHash }
  return reject({ code: 'malformed', detail: 'Confirmed-Transcript-Hash: not unpadded base64url' })
}
