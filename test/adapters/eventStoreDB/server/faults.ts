/** The switches of the test server: what it is to do wrong, and what it has counted. */

/** What happens to one append: it is written but its answer never comes, it is lost, or the stream breaks instead of an answer, … */
export type AppendFault = 'loseAnswer' | 'neverArrives' | 'breakAfter' | 'breakBefore' | 'timeOut' | 'busy' | 'tooLarge'
/** How subscriptions end: as a slow consumer's, as when the server dies, is stopped, or without a word. */
export type Drop = 'tooSlow' | 'unavailable' | 'internal' | 'quiet'

export type Faults = {
  /** Answers 'Server Is Not Ready' to reads and appends. */
  notReady: boolean
  /** Lets nobody at the log; `unknown`: knows no such user, or another password. */
  denied: boolean | 'unknown'
  /** No append gets an answer, as where too few nodes are left to agree; reads go on. */
  noQuorum: boolean
  version: string
  /** How far the server's clock is ahead of the machine's. */
  clockAheadMs: number
  /** Whether a recognised retry is answered with its position. */
  repeatsHavePosition: boolean
  /** For the next appends, in order. */
  readonly appends: AppendFault[]
  /** Subscriptions are sent nothing; reads and appends go on. */
  silent: boolean
  /** Events that may wait for a live subscriber before it is dropped as too slow. */
  liveBufferMax: number
}

export const noFaults = (): Faults => ({
  notReady: false,
  denied: false,
  noQuorum: false,
  version: '23.10.0',
  clockAheadMs: 0,
  repeatsHavePosition: false,
  appends: [],
  silent: false,
  liveBufferMax: 2_000,
})

/** A gate that everything passes; a frozen server holds it shut. */
export type Gate = { shut(): void; open(): void; passed(): Promise<void> | undefined }

export const createGate = (): Gate => {
  let held: Promise<void> | undefined
  let release = (): void => undefined
  return {
    shut: () => {
      held ??= new Promise((resolve) => (release = resolve))
    },
    open: () => {
      held = undefined
      release()
    },
    passed: () => held,
  }
}
