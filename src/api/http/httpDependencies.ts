/** What the HTTP assembler stands on. */
import type { Rejected } from '../../streams/rejection.js'
import type { Clock } from '../../ports/clock.js'
import type { Limits } from '../../limits/limits.js'
import type { Logger } from '../../ports/logger.js'
import type { Position } from '../../ports/position.js'
import type { Random } from '../../ports/random.js'
import type { Principal } from './principal.js'
import type { RateLimiter } from './rateLimits.js'
import type { Route } from './route.js'

export type HttpDependencies = {
  readonly routes: readonly Route[]
  readonly authenticate: (token: string) => Promise<Principal | Rejected>
  readonly rateLimiter: RateLimiter
  readonly limits: Limits
  readonly logId: string
  /** Resolves once every read model has reached a position; false when that took too long. */
  readonly reached: (position: Position, timeoutMs: number) => Promise<boolean>
  readonly trustedProxies: readonly string[]
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Told of every answer, for the metrics. */
  readonly observe: (route: string, method: string, status: number, durationMs: number) => void
}
