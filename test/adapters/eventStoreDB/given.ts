/** What the tests of the EventStoreDB adapter share: a server and stores that are closed afterwards, events, a follower. */
import { randomUUID } from 'node:crypto'
import { openEventStoreDB, type EventStoreDB, type EventStoreDBOptions } from '#src/adapters/eventStoreDB/eventStore.js'
import { systemClock } from '#src/adapters/system/clock.js'
import type { Appended, NewEvent, StoredEvent } from '#src/ports/eventStore.js'
import type { Position } from '#src/ports/position.js'
import { quietLogger, type QuietLogger } from './quietLogger.js'
import { startTestServer, type TestServer } from './server/server.js'

export type Given = {
  readonly server: TestServer
  readonly logger: QuietLogger
  open(options?: Partial<EventStoreDBOptions>): EventStoreDB
  follow(store: EventStoreDB, after: Position): Follower
  close(): Promise<void>
}
export type Follower = {
  readonly events: StoredEvent[]
  /** Resolves once it has `count` events and is live. */
  until(count: number): Promise<void>
  /** How many events came together. */
  readonly batches: readonly number[]
  readonly ended: Promise<void>
}

export const given = async (): Promise<Given> => {
  const server = await startTestServer()
  const logger = quietLogger()
  const stores: EventStoreDB[] = []
  const stop = new AbortController()
  const ended: Promise<void>[] = []
  return {
    server,
    logger,
    open: (options = {}) => {
      const store = openEventStoreDB({ url: server.url, logger, clock: systemClock, ...options })
      stores.push(store)
      return store
    },
    follow: (store, after) => {
      const follower = collect(store, after, stop.signal)
      ended.push(follower.ended)
      return follower
    },
    close: async () => {
      server.resume()
      stop.abort()
      await Promise.all(stores.map((store) => store.close()))
      await Promise.all(ended)
      server.stop()
    },
  }
}

const collect = (store: EventStoreDB, after: Position, signal: AbortSignal): Follower => {
  const events: StoredEvent[] = []
  const batches: number[] = []
  const watchers = new Set<() => void>()
  let live = false
  const run = async (): Promise<void> => {
    for await (const batch of store.follow({ after, signal })) {
      events.push(...batch.events)
      batches.push(batch.events.length)
      live ||= batch.live
      for (const watch of watchers) watch()
    }
  }
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const watch = (): void => {
        if (!live || events.length < count) return
        watchers.delete(watch)
        resolve()
      }
      watchers.add(watch)
      watch()
    })
  return { events, until, batches, ended: run() }
}

export const newEvent = (data: NewEvent['data'] = null): NewEvent => ({
  id: randomUUID(),
  type: 'AdapterTested',
  data,
  meta: { v: 1, at: 1_700_000_000_000, command: 'c', bodyHash: 'b' },
})
export const newEvents = (count: number): NewEvent[] => Array.from({ length: count }, (_, n) => newEvent(n))

export const datas = (events: readonly StoredEvent[]) => events.map(({ data }) => data)

export const appended = (result: Appended): Extract<Appended, { status: 'appended' }> => {
  if (result.status !== 'appended') throw new Error(`not appended: ${JSON.stringify(result)}`)
  return result
}

/** The error that a promise is rejected with. */
export const failure = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
