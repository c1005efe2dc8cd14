/** What the HTTP assembler stands on, besides the routes. */
import type { GroupId } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Limits } from '../../limits/limits.js'
import type { Logger } from '../../ports/logger.js'
import type { Position } from '../../ports/position.js'
import type { Random } from '../../ports/random.js'
import type { Rejected } from '../../streams/rejection.js'
import type { AnyPrincipal, Door } from './door.js'
import type { Callers } from './address/callers.js'
import type { Lasting } from './request/incoming.js'
import type { HeldCursor } from './request/heldCursor.js'
import type { Hosts } from './address/hosts.js'
import type { RateLimiter } from './budgets/rateLimits.js'

export type HttpDependencies<Access extends string = string, Principal extends AnyPrincipal = AnyPrincipal> = {
  readonly door: Door<Access, Principal>
  readonly rateLimiter: RateLimiter
  /** Why no command is taken now, whoever asks; a door whose commands always are leaves it out. */
  readonly holdsCommands?: () => Rejected | undefined
  readonly limits: Limits
  readonly logId: string
  /** Resolves once every read model has reached a position; false when that took too long. */
  readonly reached: (position: Position, timeoutMs: number) => Promise<boolean>
  /** Reads a place of the log that a client names, and holds it against the log. */
  readonly heldCursor: HeldCursor
  /** Where it stands that another server accepted under this id, waited for; undefined where it has not come back in time. */
  readonly recordedElsewhere?: (
    id: string,
    group: GroupId | undefined,
    timeoutMs: number,
  ) => Promise<Position | undefined>
  readonly callers: Callers
  /** Told of requests that are read as they come, while they are. */
  readonly lasting?: Lasting
  readonly hosts: Hosts
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Told of every answer, for the metrics. */
  readonly observe: (route: string, method: string, status: number, durationMs: number) => void
}
