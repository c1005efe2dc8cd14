/** The log of a directory that a server may be serving right now: read beside it, written by nobody here. */
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { StoreUnavailable, type Batch, type EventStore } from '../../../ports/eventStore.js'
import type { Position } from '../../../ports/position.js'
import { openLogReader } from './logReader.js'
import { notesIn } from './notes.js'
import { amongReads } from '../../system/turns.js'

const pageEvents = 500
/** A follower here sees what the server writes after at most so long. */
const pollMs = 200

/** Takes no lock, and pages are short transactions, so the server does not notice. Throws when there is no log. */
export const openEmbeddedLogForReading = ({ directory }: { readonly directory: string }): EventStore => {
  const file = join(directory, 'events.db')
  const reader = openLogReader(file)
  let closed = false
  const read = async <Result>(work: () => Result): Promise<Result> => {
    await amongReads()
    if (closed) throw new StoreUnavailable('the store is closed')
    return work()
  }
  const refuse = (): Promise<never> => Promise.reject(new StoreUnavailable('this log is open for reading only'))

  async function* follow(from: { readonly after: Position; readonly signal: AbortSignal }): AsyncGenerator<Batch> {
    let at = from.after
    let live = false
    for (;;) {
      await amongReads()
      if (from.signal.aborted || closed) return
      const events = reader.readAfter(at, pageEvents)
      const wasLive = live
      at = events.at(-1)?.position ?? at
      live ||= events.length < pageEvents
      if (events.length > 0 || !wasLive) yield { events, live }
      else await setTimeout(pollMs, undefined, { signal: from.signal }).catch(() => undefined)
    }
  }

  return {
    description: 'embedded, for reading only',
    exclusive: false,
    append: refuse,
    readStream: (stream, { from = 0, limit = 500 } = {}) => read(() => reader.readStream(stream, from, limit)),
    find: (stream, id) => read(() => reader.find(stream, id)),
    last: (stream) => read(() => reader.last(stream)),
    readAll: ({ after, limit = 500 }) => read(() => reader.readAfter(after, limit)),
    head: () => read(reader.head),
    newest: () => read(reader.newest),
    follow,
    note: refuse,
    notes: (name) => read(() => notesIn(file).read(name)),
    truncate: refuse,
    close: () => {
      if (!closed) reader.close()
      closed = true
      return Promise.resolve()
    },
  }
}
