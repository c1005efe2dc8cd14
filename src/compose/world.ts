/** What the machine gives: time, chance, and somewhere to say what the operator should know. */
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Random } from '../ports/random.js'

export type World = { readonly clock: Clock; readonly random: Random; readonly logger: Logger }
