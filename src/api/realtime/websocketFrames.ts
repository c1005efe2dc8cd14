/** The frames of the websocket (docs/api.md, Realtime): what a client may say, checked, and what it hears. */
import { z } from 'zod'
import type { Limits } from '../../limits/limits.js'
import type { Rejected } from '../../streams/rejection.js'
import { reject } from '../../streams/rejection.js'
import type { QueueId } from '../../mls/wire/ids.js'
import { parseJson, refuseBeyond } from '../http/body.js'
import { bytesIn, cursorIn, groupUri, positionOut, queueUri } from '../http/fieldSchemas.js'
import { idempotencyKeyForm, idempotencyKeyPattern } from '../http/idempotencyKey.js'
import { describeMismatch } from '../http/mismatch.js'
import type { Problem } from '../http/problems.js'
import { queueItem } from '../../items/queueItem.js'

const token = z.string().min(1).max(8_192)
/** The Idempotency-Key of a send. */
const id = z.string().regex(idempotencyKeyPattern, idempotencyKeyForm)

/** `token` may be left out of an open when the handshake carried one. */
export const clientFrame = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('open'),
    token: token.optional(),
    queue: queueUri.optional(),
    after: cursorIn.optional(),
  }),
  z.strictObject({ type: z.literal('acknowledge'), queue: queueUri, upTo: cursorIn }),
  z.strictObject({
    type: z.literal('send'),
    id,
    group: groupUri,
    message: bytesIn,
    confirmedTranscriptHash: bytesIn.optional(),
  }),
  z.strictObject({ type: z.literal('token'), token }),
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
const namedSend = z.looseObject({ type: z.literal('send'), id })

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
  | { readonly type: 'accepted'; readonly id: string; readonly position: string }
  | { readonly type: 'refused'; readonly id: string; readonly problem: Problem }
  | { readonly type: 'displaced'; readonly queue: QueueId }
  | { readonly type: 'error'; readonly problem: Problem }

const problem = z.looseObject({ code: z.string(), title: z.string(), status: z.number(), requestId: z.string() })

/** As the AsyncAPI document and the tests see them. */
export const serverFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('opened'), queue: z.string(), after: positionOut, acknowledged: positionOut }),
  z.object({ type: z.literal('item'), queue: z.string(), item: queueItem }),
  z.object({ type: z.literal('queueEmpty'), queue: z.string(), position: positionOut }),
  z.object({ type: z.literal('accepted'), id: z.string(), position: positionOut }),
  z.object({ type: z.literal('refused'), id: z.string(), problem }),
  z.object({ type: z.literal('displaced'), queue: z.string() }),
  z.object({ type: z.literal('error'), problem }),
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
