/** The frames of the websocket (docs/api.md, Realtime): what a client may say, checked, and what it hears. */
import { z } from 'zod'
import type { Limits } from '../../limits/limits.js'
import type { Rejected } from '../../streams/rejection.js'
import { reject } from '../../streams/rejection.js'
import type { QueueId } from '../../mls/wire/ids.js'
import { parseJson, refuseBeyond } from '../http/request/body.js'
import { bytesIn, bytesOut, cursor, described, groupUri, placed, queueName, queueUri } from '../../contract/fields.js'
import { idempotencyKeyForm, idempotencyKeyPattern } from '../http/request/idempotencyKey.js'
import { describeMismatch } from '../http/request/mismatch.js'
import { problems, problemSchema } from '../../contract/problems.js'
import type { Problem, ProblemCode } from '../../contract/problems.js'
import { acceptedField } from '../elsewhere/elsewhere.js'
import { urgencyField } from '../groups/urgency.js'
import { targetsField } from '../groups/targets.js'
import { queueItem } from '../../items/queueItem.js'

const token = described(z.string().min(1).max(8_192), 'A bearer token from POST /v1/token', 'WyJjIiwxXQ.bWFj')
/** The Idempotency-Key of a send. */
const id = described(
  z.string().regex(idempotencyKeyPattern, idempotencyKeyForm),
  'Names the send, as an Idempotency-Key does',
  'b7c2a6f0',
)
const type = <Name extends string>(name: Name) => z.literal(name).describe('The kind of frame')
const frame = <Schema extends z.ZodObject>(schema: Schema, title: string, description: string): Schema =>
  schema.meta({ title: `Frame${title}`, description })

/** `token` may be left out of an open when the handshake carried one. */
export const clientFrame = z.discriminatedUnion('type', [
  frame(
    z.strictObject({
      type: type('open'),
      token: token.optional(),
      queue: queueUri.optional().describe('By itself: the one that the token opens'),
      after: cursor.optional().describe('Items behind this; by itself: behind what was acknowledged'),
    }),
    'Open',
    'Opens what the token (by itself: the handshake’s) opens: a queue, and with a client’s token sending',
  ),
  frame(
    z.strictObject({
      type: type('acknowledge'),
      queue: queueUri,
      upTo: cursor.describe('The position of the last item that is safe with the client'),
    }),
    'Acknowledge',
    'Acknowledges everything up to a cursor',
  ),
  frame(
    z.strictObject({
      type: type('send'),
      id,
      group: groupUri,
      message: bytesIn.describe('An MLSMessage with a PrivateMessage'),
      urgency: urgencyField.optional(),
      targets: targetsField.optional(),
      confirmedTranscriptHash: bytesIn.optional().describe('Of the epoch that it is encrypted in (RFC 9420 §8.2)'),
    }),
    'Send',
    'Sends an application message; it is answered under its id',
  ),
  frame(
    z.strictObject({
      type: type('signal'),
      id: id.optional().describe('Names it in a refusal; what is not refused is not answered'),
      group: groupUri,
      signal: bytesIn.describe('A Signal, signed by the leaf of this client'),
    }),
    'Signal',
    'Signals to the members that are online, or to nobody: it is stored nowhere',
  ),
  frame(z.strictObject({ type: type('token'), token }), 'Token', 'Renews a token before it expires'),
])
export type ClientFrame = z.infer<typeof clientFrame>

/** A send without base64: one byte length of the id, the id, the MLSMessage. */
export type BinarySend = { readonly type: 'binarySend'; readonly id: string; readonly message: Uint8Array }

/** A frame that is refused; of a send, whose it is: by the id that it is answered under. */
export type RefusedFrame = Rejected & { readonly id?: string }

/** Bounded like the body of a request, before anything is made of it. */
export const readTextFrame = (bytes: Uint8Array, limits: FrameLimits): ClientFrame | RefusedFrame => {
  const bounds = { depthMax: limits.jsonDepthMax, valuesMax: limits.jsonValuesMax, keysMax: limits.jsonKeysMax }
  const json = refuseBeyond(bytes, bounds, 'frame') ?? parseJson(bytes, 'frame')
  if ('rejected' in json) return json
  const parsed = clientFrame.safeParse(json.value)
  if (parsed.success) return parsed.data
  const refused = reject({
    code: 'malformed',
    detail: describeMismatch(parsed.error, 'frame', limits.problemsNamedMax),
  })
  const named = namedSend.safeParse(json.value)
  return named.success ? { ...refused, id: named.data.id } : refused
}

/** As much of a send as its answer needs. */
const namedSend = z.looseObject({ type: z.enum(['send', 'signal']), id })

export type FrameLimits = Pick<Limits, 'jsonDepthMax' | 'jsonValuesMax' | 'jsonKeysMax' | 'problemsNamedMax'>

export const readBinaryFrame = (bytes: Uint8Array): BinarySend | Rejected => {
  const length = bytes[0] ?? 0
  const checked = id.safeParse(Buffer.from(bytes.subarray(1, 1 + length)).toString('latin1'))
  if (!checked.success || bytes.length <= 1 + length) {
    return reject({ code: 'malformed', detail: 'binary frame: one byte length of the id, the id, the MLSMessage' })
  }
  return { type: 'binarySend', id: checked.data, message: bytes.subarray(1 + length) }
}

export type ServerFrame =
  | { readonly type: 'opened'; readonly queue: QueueId; readonly after: string; readonly acknowledged: string }
  | { readonly type: 'queueEmpty'; readonly queue: QueueId; readonly position: string }
  | { readonly type: 'accepted'; readonly id: string; readonly position: string; readonly serverTime: number }
  /** Of a group of another server. */
  | { readonly type: 'accepted'; readonly id: string; readonly accepted?: string; readonly serverTime: number }
  | { readonly type: 'refused'; readonly id: string; readonly problem: Problem }
  | { readonly type: 'signalled'; readonly queue: QueueId; readonly signal: string }
  | { readonly type: 'displaced'; readonly queue: QueueId }
  | { readonly type: 'error'; readonly problem: Problem }

/** Any of them: what a frame can be refused for is what a request can be. */
const problem = z
  .union((Object.keys(problems) as ProblemCode[]).map(problemSchema))
  .meta({ title: 'Problem', description: 'What was wrong, as over HTTP' })
const problemOfFrame = problem as unknown as z.ZodType<Problem>

/** As the AsyncAPI document and the tests see them. */
export const serverFrame = z.discriminatedUnion('type', [
  frame(
    z.object({
      type: type('opened'),
      queue: queueName,
      after: cursor.describe('Items behind this come'),
      acknowledged: cursor.describe('What was acknowledged so far'),
    }),
    'Opened',
    'The queue is open',
  ),
  frame(
    z.object({ type: type('item'), queue: queueName, item: queueItem }),
    'Item',
    'Something that waited in a queue',
  ),
  frame(
    z.object({
      type: type('queueEmpty'),
      queue: queueName,
      position: cursor.describe('Where the queue is read up to'),
    }),
    'QueueEmpty',
    'All that stood in the queue when it was opened has been sent; live from here',
  ),
  frame(
    z.object({ type: type('signalled'), queue: queueName, signal: bytesOut.describe('The Signal, as it was sent') }),
    'Signalled',
    'A member signals: no item, without position and order, and it does not come again',
  ),
  frame(
    z.object({ type: type('accepted'), id, ...placed, position: placed.position.optional(), accepted: acceptedField }),
    'Accepted',
    'A send stands in the log; of a group of another server, in that one’s, and comes back from there',
  ),
  frame(z.object({ type: type('refused'), id, problem: problemOfFrame }), 'Refused', 'A send was refused'),
  frame(
    z.object({ type: type('displaced'), queue: queueName }),
    'Displaced',
    'A newer consumer took the queue; with nothing else open the socket closes with 4409',
  ),
  frame(
    z.object({ type: type('error'), problem: problemOfFrame }),
    'Error',
    'A frame was not understood or not allowed',
  ),
])

/** Why a connection was closed (docs/api.md, Realtime). */
export const closeCodes = {
  goingAway: 1001,
  internal: 1011,
  notAuthenticated: 4401,
  idle: 4408,
  connectedElsewhere: 4409,
  tooLarge: 4413,
  tooSlow: 4429,
} as const
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes]
