/** A wake from what causes it to its end: told once until its owner acknowledges, again and again where telling fails. Pure. */
import type { QueueId } from '../mls/wire/ids.js'
import type { WakeRow } from './schema.js'

export type Arrival = {
  readonly queue: QueueId
  readonly position: number
  readonly urgency: WakeRow['urgency']
  /** ms since 1970. */
  readonly at: number
}

/** What push services keep for one that is not there: after that a push may be lost, and the next message pushes again. */
export const keptMs = 7 * 24 * 60 * 60 * 1_000
/** Whoever has just acknowledged some of it is there and goes on: only if it does not is it woken for the rest. */
const restMs = 30_000

export const arrived = (wake: WakeRow | undefined, { queue, position, urgency, at }: Arrival): WakeRow => {
  const fresh = { queue, begun: position, last: position, urgency, due: 0, waiting: position }
  if (wake === undefined) return fresh
  if (wake.toldAt !== undefined) return at - wake.toldAt < keptMs ? { ...wake, last: position } : fresh
  const newer = { ...wake, last: position, urgency: urgency === 'urgent' ? urgency : wake.urgency }
  if (wake.resting === undefined) return newer
  const { resting: _, ...awake } = newer
  return { ...awake, due: 0, waiting: wake.begun }
}

/** Undefined: all that it was woken for is acknowledged. */
export const acknowledged = (wake: WakeRow, upTo: number, at: number): WakeRow | undefined => {
  const { queue, begun, last, urgency, toldAt, resting } = wake
  if (upTo >= last) return undefined
  if (upTo < begun || (toldAt === undefined && resting === undefined)) return wake
  return { queue, begun: upTo + 1, last, urgency, due: at + restMs, resting: true }
}

export const deferred = (wake: WakeRow, due: number): WakeRow => ({ ...wake, due })

export type Tried = {
  /** Receivers that have been told, or are none any more. */
  readonly given: readonly string[]
  readonly failed: number
  /** The longest pause that a push service asked for. */
  readonly retryAfterMs?: number
  readonly now: number
  /** 0 to 1. */
  readonly jitter: number
}

const firstPauseMs = 5_000
const pauseMsMax = 60 * 60 * 1_000
const givenUpAfterMs = 24 * 60 * 60 * 1_000

/** Undefined: nobody could be told for a day; the next message begins anew. */
export const settled = (
  wake: WakeRow,
  { given, failed, retryAfterMs = 0, now, jitter }: Tried,
): WakeRow | undefined => {
  const { queue, begun, last, urgency, failures = 0, since = now } = wake
  const told = [...(wake.given ?? []), ...given]
  const isOver = now - since >= givenUpAfterMs
  if (failed === 0 || (isOver && told.length > 0)) return { queue, begun, last, urgency, toldAt: now }
  if (isOver) return undefined
  const pauseMs = Math.min(pauseMsMax, Math.max(retryAfterMs, pauseAfter(failures, jitter)))
  return { ...wake, given: told, failures: failures + 1, since, due: now + Math.ceil(pauseMs) }
}

/** Half of it is sure, the other half by chance, so that not all come back together. */
const pauseAfter = (failures: number, jitter: number): number => {
  const pauseMs = Math.min(pauseMsMax, firstPauseMs * 2 ** Math.min(failures, 12))
  return pauseMs / 2 + (pauseMs / 2) * jitter
}
