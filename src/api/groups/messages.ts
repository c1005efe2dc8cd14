/** Sending an application message: over HTTP and, by the same function, over the websocket. */
import { hash } from 'node:crypto'
import { z } from 'zod'
import type { CommandContext } from '../../streams/decider.js'
import { groupAggregate } from '../../commands/group/group.js'
import type { By } from '../../commands/group/access.js'
import { applicationHeader, refuseMessage } from '../../commands/group/messages.js'
import { rejectionOf } from '../../commands/group/refusals.js'
import type { Streams } from '../../streams/streams.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { groupStream } from '../../events/group.js'
import { messagesShapes, messagesStream } from '../../events/messages.js'
import type { MessagesEvent } from '../../events/messages.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { domainOf, groupIdFromBytes } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import { decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import type { Limits } from '../../limits/limits.js'
import type { Position } from '../../ports/position.js'
import { bytesIn, positionOut } from '../http/fieldSchemas.js'
import { groupParams, tag } from './groupFields.js'
import { route } from '../door.js'
import type { Route } from '../door.js'

export type Sent = { readonly position: Position; readonly repeated: boolean }

/**
 * Takes an MLSMessage for a group (undefined: the one that the message names). The caller has counted it against the
 * rate `sendsPerClient` of the client. Its cost does not grow with members or history.
 */
export type SendMessage = (
  by: By,
  group: GroupId | undefined,
  bytes: Uint8Array,
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
  async (by, named, bytes, command) => {
    const message = decodeMlsMessage(bytes, limits.mlsMessageBytesMax)
    if (!message.ok) return rejectionOf(message.refusal, 'proposal')
    const header = applicationHeader(message.value)
    if ('rejected' in header) return header
    const group = named ?? groupIdFromBytes(header.groupId)
    if (group === undefined || domainOf(group) !== domain) return reject({ code: 'no-such-group' })
    const { state } = await streams.read(groupAggregate, groupStream(group))
    const refused = refuseMessage(state, by, header, limits)
    if (refused !== undefined) return refused
    const event: MessagesEvent = {
      type: 'MessageAccepted',
      data: { group, epoch: String(header.epoch), message: toBase64url(bytes) },
    }
    // The message names its group itself: whichever way it came, as JSON or as it is, the same bytes are the same send.
    const bodyHash = hash('sha256', bytes, 'base64url')
    return streams.append({ shapes: messagesShapes }, messagesStream(group), { ...command, bodyHash }, event)
  }

export const messageRoutes = ({ sendMessage }: { readonly sendMessage: SendMessage }): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/groups/{group}/messages',
    tag,
    summary: 'Send an application message',
    description: 'A PrivateMessage of the current epoch or one of the five before it.',
    access: 'client',
    params: groupParams,
    body: z.strictObject({ message: bytesIn }),
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
    rates: ({ principal }) => [{ rate: 'sendsPerClient', key: principal.client }],
    answer: async ({ principal, params, body, mls, command }) => {
      const sent = await sendMessage(principal, params.group, mls ?? body.message, command)
      return 'rejected' in sent ? sent : { status: 201, position: sent.position }
    },
  }),
]
