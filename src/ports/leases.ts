/** The port of the leases: one worker at a time for each projection and reaction, taken over when it dies. */

export type Leases = {
  /** Takes or renews `name` for `holder` for `ttlMs`; false while another holds it. Times are the store's own clock. */
  take(name: string, holder: string, ttlMs: number): Promise<boolean>
  /** Gives it up, if it is ours. */
  release(name: string, holder: string): Promise<void>
  close(): Promise<void>
}
