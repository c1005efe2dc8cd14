/** The port of the log: append with an expectation, read a stream, read or follow everything. */
import type { Json } from '../events/form/json.js'
import type { Meta } from '../events/form/meta.js'
import type { Position } from './position.js'

/**
 * Printable ASCII without blanks, room for a category, a random part and a domain with its port; names that begin with `$` belong to
 * EventStoreDB itself.
 */
export const streamNameForm = /^[!-#%-~][!-~]{0,319}$/
export const eventTypeForm = /^[A-Za-z][A-Za-z0-9]{0,63}$/
/** A UUID in lower case. */
export const eventIdForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** An event about to be appended. `id` is a UUID; the same id in the same stream is the same event, for ever. */
export type NewEvent = {
  readonly id: string
  readonly type: string
  readonly data: Json
  readonly meta: Meta
}

/**
 * An event as the log holds it. `data` is null once its payload was erased; place, type and meta stay, but for salt and
 * bodyHash (events/checksum.ts).
 */
export type StoredEvent = {
  readonly position: Position
  readonly stream: string
  /** 0 for the first event of the stream, then dense. */
  readonly revision: number
  readonly id: string
  readonly type: string
  readonly data: Json
  readonly meta: Meta
  /** Why this is not what was once appended: its checksum does not hold, or it is no JSON. No parser takes it. */
  readonly damage?: string
}

/** What the appender believes of the stream: nothing ('any'), that it has no event ('none'), or its last revision. */
export type Expected = 'any' | 'none' | number

export type Appended =
  | {
      readonly status: 'appended'
      /** Of the last event of the append. */
      readonly position: Position
      readonly revision: number
      /** True when these ids already stood there: nothing was written, the first result is answered. */
      readonly repeated: boolean
    }
  | { readonly status: 'wrongRevision'; readonly actual: number | 'none' }

/** A run of events as they follow one another in the log; `live` once the reader has caught up with the head. */
export type Batch = { readonly events: readonly StoredEvent[]; readonly live: boolean }

/** An append that the store will never take as it is. */
export class AppendTooLarge extends Error {
  override readonly name = 'AppendTooLarge'
}
/** The store cannot be reached, or did not answer in time; what was asked may or may not have happened. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable'
  /** When it is worth trying again, in ms from now, where the store is known to be away. */
  readonly retryAfterMs: number | undefined
  constructor(message: string, options: ErrorOptions & { readonly retryAfterMs?: number } = {}) {
    super(message, options)
    this.retryAfterMs = options.retryAfterMs
  }
}
/** The store answers, but what it keeps can no longer be read: no wait mends that. */
export class LogDamaged extends StoreUnavailable {
  override readonly name = 'LogDamaged'
}
/** The disk is full: nothing was written, reads go on. */
export class StorageFull extends Error {
  override readonly name = 'StorageFull'
}

/**
 * What a process hears of a log to which others append as well: of each event before it is handed to a follower, in log
 * order, from some moment on and then without a gap.
 */
export type Hearing = {
  listen(heard: (stream: string, revision: number) => void): void
  /**
   * Whether all that stood in the log at the call has been heard by now; false where that is not known in time. Throws
   * StoreUnavailable.
   */
  caughtUp(): Promise<boolean>
}

export type EventStore = {
  /** Name and version for people: 'embedded', 'memory', 'EventStoreDB 23.10'. */
  readonly description: string
  /** For people, once the version is known: whether it was tried, and which were. Of stores that are not ours. */
  readonly experience?: string | undefined
  /** True when no other process can append, so that a fold kept here is never stale. */
  readonly exclusive: boolean
  /** What a stream of that name is called in this log, where that is another name; every call below takes both. */
  readonly nameInLog?: (stream: string) => string | Promise<string>
  /** What is heard of the log as it grows, where others append to it. */
  readonly hearing?: Hearing
  /**
   * Appends all of `events` (1 to 1,000, at most `appendBytesMax` bytes of data and meta together) atomically and durably.
   * With an exact expectation ('none' or a revision) a retry of the same ids at the same place answers the first
   * result with `repeated`, for ever. With 'any', a batch whose first id already stands in the stream is answered the
   * same way where the adapter can know it (embedded: always; EventStoreDB: while its cache lasts).
   * Appends to one stream stand in the order in which they were called, however often each had to be sent; one that a
   * later one has overtaken is not sent again but fails.
   * Throws AppendTooLarge, StorageFull, StoreUnavailable (outcome unknown: retry with the same ids).
   */
  append(stream: string, events: readonly NewEvent[], expected: Expected): Promise<Appended>
  /** Events of a stream from a revision on (inclusive, default 0), oldest first, at most `limit` (default 500). [] when none. */
  readStream(
    stream: string,
    options?: { readonly from?: number; readonly limit?: number },
  ): Promise<readonly StoredEvent[]>
  /**
   * The event of a stream that has this id; undefined where none has it (EventStoreDB: none of the stream's newest
   * `foundAmongMax`).
   */
  find(stream: string, id: string): Promise<StoredEvent | undefined>
  /** The last event of a stream, or undefined. */
  last(stream: string): Promise<StoredEvent | undefined>
  /**
   * Events above a position, in log order, at most `limit` (default 500). With `places`, which is more than `limit`, from
   * about so many places at most, whatever stands there: where a store's own events or those of other applications lie
   * between, there may be more behind them.
   */
  readAll(options: {
    readonly after: Position
    readonly limit?: number
    readonly places?: number
  }): Promise<readonly StoredEvent[]>
  /** The position of the newest event (origin when there is none). */
  head(): Promise<Position>
  /** The newest event of the whole log, or undefined. */
  newest(): Promise<StoredEvent | undefined>
  /**
   * Follows the log from above `after` for ever: every event once, in order, in batches (never empty, save one that
   * says `live: true` when there is nothing to catch up with). Survives drops of its own. Ends when `signal` aborts.
   */
  follow(options: { readonly after: Position; readonly signal: AbortSignal }): AsyncIterable<Batch>
  /**
   * Writes a small document beside the log, durably: about the log, but no event, so nobody follows it and no export
   * holds it. At most `appendBytesMax` bytes. Throws as `append` does.
   */
  note(name: string, document: Json): Promise<void>
  /** Everything noted under a name, oldest first. */
  notes(name: string): Promise<readonly Json[]>
  /** Forgets events of a stream below a revision; they may stay readable in readAll until the store is compacted. */
  truncate(stream: string, before: number): Promise<void>
  /** Why the log takes no writes now, where the store knows: reads go on. Undefined as soon as it takes them again. */
  readonly refusesWrites?: () => string | undefined
  /** Resolves with the reason when the log takes no more writes for as long as this process lives. */
  readonly readOnlyForGood?: Promise<string>
  /** Events of other applications in the same store that readers of the log were spared, where that can happen. */
  readonly passedOver?: () => number
  /** Stops new work, waits for appends under way, lets go. Idempotent. */
  close(): Promise<void>
}

/** Bytes of data and meta in one append to the event store, on every adapter (docs/limits.md, "The log"). */
export const appendBytesMax = 1_000_000
/** Where ids are in no index, an event is looked for among so many of the newest of its stream. */
export const foundAmongMax = 500
/** Events in one append. */
export const appendEventsMax = 1_000
