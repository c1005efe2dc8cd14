/** What a reaction is: a rule that answers one event with commands, or a sweep that the clock starts. */
import { derivedId } from '../streams/commandId.js'
import type { CommandContext } from '../streams/decider.js'
import type { Streams } from '../streams/streams.js'
import type { AnyEvent } from '../events/anyEvent.js'
import type { Logger } from '../ports/logger.js'
import type { Placed } from '../items/placed.js'

export type ReactionContext = {
  readonly streams: Streams
  readonly logger: Logger
  /**
   * The command of this rule for this event and one target (an id, or '' when there is only one): its id derives from
   * all three, so that a crash between two appends is repaired by reacting again.
   */
  readonly command: (target: string) => CommandContext
}

export type Rule = {
  /** camelCase, once and for ever: command ids derive from it. */
  readonly name: string
  /** The types of events that it answers; left out, it is asked about all. */
  readonly answers?: readonly AnyEvent['type'][]
  /**
   * Answers an event, or looks away. It may run again for the same event, so whatever it does has one effect.
   * Throws StoreUnavailable to be tried again; anything else parks the event for this rule.
   */
  readonly react: (placed: Placed, context: ReactionContext) => Promise<void>
}

export type Sweep = {
  readonly name: string
  readonly everyMs: number
  /** Looks for what is due at `now` (ms) and asks for it; `command` names what it does, so that it is done once. */
  readonly sweep: (context: ReactionContext & { readonly now: number; readonly signal: AbortSignal }) => Promise<void>
}

/** The body hash of commands that nobody sent. */
const noBody = 'reaction'

export const commandOf = (cause: string, rule: string, target: string, at: number): CommandContext => ({
  ...untracedCommandOf(cause, rule, target, at),
  cause,
})

/** Answers what is untraced: `blinded` is an id that nobody who has the log alone could tell from the event's. */
export const untracedCommandOf = (blinded: string, rule: string, target: string, at: number): CommandContext => ({
  id: derivedId(blinded, rule, target),
  bodyHash: noBody,
  at,
})

/** A sweep has no cause but the time, and what it does at one time it may have to do again at another. */
export const sweepCommandOf = (sweep: string, now: number, target: string): CommandContext => ({
  id: derivedId(`sweep ${sweep}`, String(now), target),
  bodyHash: noBody,
  at: now,
})
