/** The port of time: milliseconds since 1970, waking up later, and time that only runs. Tests move them by hand. */

export type Clock = {
  now(): number
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** What no setting of the machine's clock touches. */
export type Stopwatch = {
  /** ms since some moment of this process. */
  elapsed(): number
}

/** Another clock than this machine's, ms since 1970; undefined when it does not answer. Never rejects. */
export type SecondClock = () => Promise<number | undefined>
