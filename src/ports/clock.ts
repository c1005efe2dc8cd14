/** The port of time: milliseconds since 1970, and waking up later. Tests move it by hand. */

export type Clock = {
  now(): number
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}
