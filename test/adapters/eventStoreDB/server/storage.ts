/** The test server's log: streams, expectations, idempotency, truncation and scavenging, as EventStoreDB 23.10 was seen to do. */
import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { createRecentIds } from './recentIds.js'
import { fromLine, sizeOf, toLine, type Proposed, type Record } from './record.js'

export type Expectation = 'any' | 'none' | 'exists' | number
export type AppendResult =
  | {
      readonly status: 'written'
      readonly revision: number
      readonly position: number
      readonly repeated: boolean
    }
  | { readonly status: 'wrong'; readonly current: number | undefined }
  | { readonly status: 'deleted' }
  | { readonly status: 'tooLarge' }
export type StreamState = {
  /** By revision; what a scavenge took away stays as a gap. */
  readonly records: (Record | undefined)[]
  readonly positions: number[]
  /** Revisions below it are not readable. */
  truncateBefore: number
  softDeleted: boolean
  tombstoned: boolean
}

export type Storage = {
  append(stream: string, events: readonly Proposed[], expected: Expectation): AppendResult
  stream(name: string): StreamState | undefined
  /** All records, scavenged ones as gaps, by position. */
  readonly log: readonly (Record | undefined)[]
  readonly positions: readonly number[]
  /** The index of the first place at or above a position. */
  indexAt(position: number): number
  softDelete(stream: string): void
  tombstone(stream: string): void
  /** Takes truncated and deleted events away, for ever; the last event of a stream stays. */
  scavenge(): void
  /** Forgets what only memory knows, as a restart does. */
  forgetRecentIds(): void
  onAppended(listener: () => void): () => void
  close(): void
}

export const appendDataBytesMax = 1_048_576
/** The log begins with records of the server's own. */
const firstPosition = 1_337
/** What a soft delete writes: the largest 64-bit integer. */
const deletedBefore = '9223372036854775807'

export const openStorage = (clock: () => number, file?: string): Storage => {
  const log: (Record | undefined)[] = []
  const positions: number[] = []
  const streams = new Map<string, StreamState>()
  const recent = createRecentIds()
  const listeners = new Set<() => void>()
  let next = firstPosition

  const stateOf = (name: string): StreamState => {
    const found = streams.get(name)
    if (found !== undefined) return found
    const fresh = { records: [], positions: [], truncateBefore: 0, softDeleted: false, tombstoned: false }
    streams.set(name, fresh)
    return fresh
  }

  const applyMetadata = (stream: string, data: Uint8Array): void => {
    const state = stateOf(stream)
    const text = Buffer.from(data).toString()
    state.softDeleted = text.includes(deletedBefore)
    const { $tb } = JSON.parse(text) as { readonly $tb?: number }
    state.truncateBefore = state.softDeleted ? state.positions.length : ($tb ?? 0)
  }

  const place = (unplaced: Omit<Record, 'position'>): Record => {
    const record = { ...unplaced, position: next }
    next += sizeOf(record)
    const state = stateOf(record.stream)
    if (state.softDeleted) {
      state.softDeleted = false
      state.truncateBefore = record.revision
    }
    state.records[record.revision] = record
    state.positions[record.revision] = record.position
    if (record.type === '$streamDeleted') state.tombstoned = true
    if (record.stream.startsWith('$$')) applyMetadata(record.stream.slice(2), record.data)
    log.push(record)
    positions.push(record.position)
    return record
  }

  const descriptor = file === undefined ? undefined : load(file, place)

  const write = (stream: string, events: readonly Proposed[]): Record => {
    const state = stateOf(stream)
    const created = clock()
    const records = events.map((event) => place({ ...event, stream, revision: state.positions.length, created }))
    for (const { id, revision, data } of records) recent.remember(stream, id, revision, data.length + 100)
    if (descriptor !== undefined) writeSync(descriptor, records.map(toLine).join(''))
    for (const listener of listeners) listener()
    const last = records.at(-1)
    if (last === undefined) throw new RangeError('an append without events')
    return last
  }

  /** The first revision of the same ids, one after the other. */
  const standsAt = (state: StreamState, from: number, events: readonly Proposed[]): boolean =>
    events.every(({ id }, n) => state.records[from + n]?.id === id)

  const repeated = (state: StreamState, from: number, events: readonly Proposed[]): AppendResult => {
    const revision = from + events.length - 1
    return { status: 'written', revision, position: state.positions[revision] ?? 0, repeated: true }
  }

  const append: Storage['append'] = (stream, events, expected) => {
    const state = stateOf(stream)
    const current = state.positions.length - 1
    const wrong: AppendResult = { status: 'wrong', current: current < 0 ? undefined : current }
    if (state.tombstoned) return { status: 'deleted' }
    if (events.reduce((sum, { data }) => sum + data.length, 0) > appendDataBytesMax) return { status: 'tooLarge' }
    if (expected === 'any' || expected === 'exists') {
      if (expected === 'exists' && current < 0) return wrong
      const known = recent.revisionOf(stream, events[0]?.id ?? '')
      if (known !== undefined) return standsAt(state, known, events) ? repeated(state, known, events) : wrong
    } else {
      const at = expected === 'none' ? -1 : expected
      const startsAnew = at === -1 && state.softDeleted
      if (at !== current && !startsAnew) {
        return at < current && standsAt(state, at + 1, events) ? repeated(state, at + 1, events) : wrong
      }
    }
    const { revision, position } = write(stream, events)
    return { status: 'written', revision, position, repeated: false }
  }

  const writeSystem = (stream: string, type: string, text: string): void => {
    write(stream, [
      {
        id: crypto.randomUUID(),
        type,
        contentType: 'application/json',
        data: Buffer.from(text),
        meta: new Uint8Array(),
      },
    ])
  }

  const scavenge = (): void => {
    for (const [name, state] of streams) {
      const kept = state.tombstoned ? state.positions.length - 1 : state.truncateBefore
      for (let revision = 0; revision < Math.min(kept, state.positions.length - 1); revision++) {
        state.records[revision] = undefined
        log[indexAt(state.positions[revision] ?? 0)] = undefined
      }
      // Of a metadata stream only the newest event counts.
      if (name.startsWith('$$')) state.truncateBefore = Math.max(0, state.positions.length - 1)
    }
  }

  const indexAt = (position: number): number => {
    let low = 0
    let high = positions.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((positions[middle] ?? Infinity) < position) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    append,
    stream: (name) => streams.get(name),
    log,
    positions,
    indexAt,
    softDelete: (stream) => {
      writeSystem(`$$${stream}`, '$metadata', `{"$tb":${deletedBefore}}`)
    },
    tombstone: (stream) => {
      writeSystem(stream, '$streamDeleted', '{}')
    },
    scavenge,
    forgetRecentIds: () => {
      recent.forget()
    },
    onAppended: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor)
    },
  }
}

/** Reads the file's whole lines and cuts off a torn one, which no append was acknowledged for; opens it to append. */
const load = (file: string, place: (record: Omit<Record, 'position'>) => unknown): number => {
  if (existsSync(file)) {
    const text = readFileSync(file, 'utf8')
    const end = text.lastIndexOf('\n') + 1
    for (const line of text.slice(0, end).split('\n')) if (line !== '') place(fromLine(line))
    truncateSync(file, Buffer.byteLength(text.slice(0, end)))
  }
  return openSync(file, 'a')
}
