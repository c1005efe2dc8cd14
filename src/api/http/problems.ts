/** Every rejection as application/problem+json (RFC 9457), and the rejections that thrown errors stand for. */
import { AppendTooLarge, StorageFull, StoreUnavailable } from '../../ports/eventStore.js'
import { UnreadableEvent } from '../../events/form/parser.js'
import { PeerAway, PeerNotAsked } from '../../ports/peers.js'
import { problems } from '../../contract/problems.js'
import type { Problem, ProblemCode } from '../../contract/problems.js'
import type { Rejection } from '../../streams/rejection.js'

/** The rejection with what every problem has; `internal` is nobody's decision. */
export const problemOf = (rejection: Rejection | { readonly code: 'internal' }, requestId: string): Problem => {
  const { status, title } = problems[rejection.code]
  const retryAfter = retryAfterOf(rejection)
  return {
    type: typeOf(rejection.code),
    title,
    status,
    ...rejection,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    requestId,
  } as Problem
}

const typeOf = (code: ProblemCode): string => `urn:mls-homeserver:problem:${code}`

/** Seconds after which to try again, for the codes that carry Retry-After. */
export const retryAfterOf = (rejection: {
  readonly code: ProblemCode
  readonly retryAfter?: number | undefined
}): number | undefined => {
  if (rejection.code === 'rate-limited') return rejection.retryAfter
  if (rejection.code === 'maintenance') return rejection.retryAfter ?? maintenanceRetryS
  return comesBack.has(rejection.code) ? (rejection.retryAfter ?? 1) : undefined
}

/** Seconds: it takes minutes, and everybody asks again. */
const maintenanceRetryS = 30

const comesBack: ReadonlySet<ProblemCode> = new Set([
  'store-unavailable',
  'read-model-behind',
  'upload-under-way',
  'peer-unreachable',
])

/** The rejection that a thrown port error stands for; undefined for a bug. */
export const rejectionOfError = (error: unknown): Rejection | undefined => {
  if (error instanceof StoreUnavailable) return storeUnavailable(error)
  if (error instanceof UnreadableEvent) return { code: 'store-unavailable' }
  if (error instanceof StorageFull) return { code: 'storage-full' }
  if (error instanceof AppendTooLarge) return { code: 'too-large', max: 1_000_000 }
  if (error instanceof PeerAway)
    return { code: 'peer-unreachable', domains: [error.domain], retryAfter: Math.ceil(error.retryAfterMs / 1_000) }
  if (error instanceof PeerNotAsked) return { code: 'peer-not-federating', domain: error.domain }
  return undefined
}

const storeUnavailable = ({ retryAfterMs }: StoreUnavailable): Rejection => ({
  code: 'store-unavailable',
  ...(retryAfterMs === undefined ? {} : { retryAfter: Math.max(1, Math.ceil(retryAfterMs / 1_000)) }),
})
