/** The default log: SQLite in the data directory, written by a thread of its own, read here, followed from memory. */
import { join } from 'node:path'
import { StoreUnavailable, type EventStore } from '../../../ports/eventStore.js'
import type { Logger } from '../../../ports/logger.js'
import { toPosition } from '../../../ports/position.js'
import { createEventFeed, type EventFeed } from '../../eventFeed.js'
import { readable, serializeAppend } from '../../serializedEvent.js'
import { amongReads, besideOthers } from '../../system/turns.js'
import { lockDirectory } from '../directoryLock.js'
import { openLogReader, type LogReader } from './logReader.js'
import { notesIn, type Notes } from './notes.js'
import { openWriter, type Committed, type Writer } from './writer.js'
import type { Refusing } from './writerMessages.js'

export type EmbeddedEventStoreOptions = {
  /** The data directory; made when it is not there. */
  readonly directory: string
  readonly logger?: Logger
  /** A bound for the log's file: beyond it appends are StorageFull, as on a full disk. */
  readonly bytesMax?: number
}

/** Opens the log and holds the directory. Throws DirectoryInUse, within a second, when another process holds it. */
export const openEmbeddedEventStore = async (options: EmbeddedEventStoreOptions): Promise<EventStore> => {
  const { directory, logger, bytesMax } = options
  const file = join(directory, 'events.db')
  const lock = lockDirectory(directory)
  let feed: EventFeed | undefined
  let writer: Writer | undefined
  const writes = hearOfWrites(logger)
  try {
    writer = await openWriter(bytesMax === undefined ? { file } : { file, bytesMax }, {
      committed: (group) => {
        if (feed !== undefined) publishGroup(feed, group)
      },
      refusing: writes.hear,
    })
    const reader = openLogReader(file)
    feed = createEventFeed({ head: reader.head(), readAfter: reader.readAfter, breathe: besideOthers })
    logger?.info('log opened', { store: 'embedded', position: feed.head() })
    return eventStoreOf({ writer, writes, reader, feed, notes: notesIn(file), release: lock.release })
  } catch (error) {
    await writer?.close()
    lock.release()
    throw error
  }
}

/** What the writer says of itself, kept for whoever asks, and said in the operator's log. */
const hearOfWrites = (logger: Logger | undefined) => {
  let refusing: Refusing | undefined
  let endForGood: (reason: string) => void = () => undefined
  const readOnlyForGood = new Promise<string>((resolve) => {
    endForGood = resolve
  })
  return {
    hear: (now: Refusing | undefined): void => {
      refusing = now
      if (now === undefined) logger?.warn('the log takes writes again', { store: 'embedded' })
      else logger?.error('the log cannot be written', { reason: now.reason, store: 'embedded' })
      if (now?.forGood === true) endForGood(now.reason)
    },
    refusesWrites: () => refusing?.reason,
    readOnlyForGood,
  }
}

/** Followers get what was written exactly as a reader would, without reading it. */
const publishGroup = (feed: EventFeed, group: readonly Committed[]): void => {
  const published = group.flatMap(({ request: { stream, events }, readable, result }) => {
    if (result.status !== 'appended' || result.repeated) return []
    const before = events.length - 1
    return readable.map(({ id, type, data, meta }, n) => {
      const [position, revision] = [toPosition(result.position - before + n), result.revision - before + n]
      const characters = (events[n]?.data.length ?? 0) + (events[n]?.meta.length ?? 0)
      return { event: { position, stream, revision, id, type, data, meta }, characters }
    })
  })
  if (published.length > 0) feed.publish(published)
}

type Parts = {
  readonly writer: Writer
  readonly writes: Required<Pick<EventStore, 'refusesWrites' | 'readOnlyForGood'>>
  readonly reader: LogReader
  readonly feed: EventFeed
  readonly notes: Notes
  readonly release: () => void
}

const eventStoreOf = ({ writer, writes, reader, feed, notes, release }: Parts): EventStore => {
  let closing: Promise<void> | undefined
  const refuseWhenClosed = (): void => {
    if (closing !== undefined) throw new StoreUnavailable('the store is closed')
  }
  const read = async <Result>(work: () => Result): Promise<Result> => {
    refuseWhenClosed()
    await amongReads()
    refuseWhenClosed()
    return work()
  }
  const close = async (): Promise<void> => {
    feed.close()
    reader.close()
    await writer.close()
    release()
  }
  return {
    description: 'embedded',
    exclusive: true,
    refusesWrites: writes.refusesWrites,
    readOnlyForGood: writes.readOnlyForGood,
    append: async (stream, events, expected) => {
      refuseWhenClosed()
      const request = { stream, expected, events: serializeAppend(stream, events, expected) }
      return writer.append({ request, readable: events.map(readable) })
    },
    readStream: (stream, { from = 0, limit = 500 } = {}) => read(() => reader.readStream(stream, from, limit)),
    find: (stream, id) => read(() => reader.find(stream, id)),
    last: (stream) => read(() => reader.last(stream)),
    readAll: ({ after, limit = 500 }) => read(() => reader.readAfter(after, limit)),
    head: () => Promise.resolve(feed.head()),
    newest: () => read(reader.newest),
    follow: feed.follow,
    note: (name, document) =>
      read(() => {
        notes.write(name, document)
      }),
    notes: (name) => read(() => notes.read(name)),
    truncate: async (stream, before) => {
      refuseWhenClosed()
      await writer.truncate(stream, before)
    },
    close: () => (closing ??= close()),
  }
}
