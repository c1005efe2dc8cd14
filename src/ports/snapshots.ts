/** The port of the snapshots: a fold's state at a revision, to start from; never the truth. */

export type Snapshot = {
  readonly stream: string
  readonly revision: number
  /** Of the code that made it: another version is ignored. */
  readonly version: number
  readonly bytes: Uint8Array
}

export type Snapshots = {
  /** The newest snapshot of a stream at or below `atMost` (default: any) made by `version`. */
  latest(stream: string, version: number, atMost?: number): Promise<Snapshot | undefined>
  save(snapshot: Snapshot): Promise<void>
  /** Forgets all snapshots of a stream. */
  remove(stream: string): Promise<void>
  close(): Promise<void>
}
