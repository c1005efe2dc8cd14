/** The port of the processes: who else serves this database. */

/** A server process that others may post to. Each start has a name of its own, so that its URL never changes. */
export type Process = { readonly process: string; readonly internalUrl: string }

export type Processes = {
  /** Says, or says again, that a process lives, for `ttlMs` by the store's own clock. */
  announce(process: Process, ttlMs: number): Promise<void>
  /** Those that live. */
  list(): Promise<readonly Process[]>
  /** Takes a process off the list: it is closing. */
  withdraw(process: string): Promise<void>
  close(): Promise<void>
}
