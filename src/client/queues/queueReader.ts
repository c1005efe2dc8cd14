/** Reads one queue, by fetching or live: each item once and in order, acknowledged when what it led to is saved. */
import { keepNewest } from '../../structures/newest.js'
import type { QueueId } from '../../mls/wire/ids.js'
import type { Engine } from '../engine/engine.js'
import type { Status } from '../engine/status.js'
import type { Item } from '../groups/receive.js'
import { isRefusal } from '../transport/refused.js'
import { backoffMs, wait } from '../transport/wait.js'
import { openSocket, type Socket } from '../transport/webSocket.js'
import type { Token } from '../transport/tokens.js'
import type { Cursor } from '../api/caller.js'
import type { Cursors } from './cursors.js'

export type QueueReader = {
  /** Processes what is in the queue now. */
  readonly drain: () => Promise<void>
  /** Sees how far it was read and in which log, and takes nothing. */
  readonly look: () => Promise<void>
  /** Stays connected until `signal` aborts; resolves when live for the first time. */
  readonly connect: (signal: AbortSignal) => Promise<void>
}

export type QueueSource = {
  readonly queue: QueueId
  /** The client's own queue, opened by the client's token. */
  readonly direct: boolean
  /** Applies one item and moves the cursor past it, in one step. */
  readonly process: (item: Item) => Promise<void>
  readonly onDisplaced: () => void
  readonly onStatus: (status: Status) => void
  /** A member signalled: no item, and nothing waits for it. */
  readonly onSignalled: (signal: unknown) => void
  /** So many items were taken and saved. */
  readonly onRead: (items: number) => void
  /** How far it was acknowledged: never further than this store has read, unless it is an older copy. */
  readonly onAcknowledged: (cursor: Cursor) => void
}

const pageItems = 100
/** While live, states are saved and items acknowledged when none is waiting, or after so many. */
const itemsPerFlush = 64
/** Of the positions that were passed so many are known: an item may come both by a fetch and by a socket. */
const seenMax = 4_096

type Live = { socket: Socket; caughtUp: boolean }

export const queueReader = (engine: Engine, cursors: Cursors, source: QueueSource): QueueReader => {
  const { queue, direct } = source
  const seen = keepNewest<string, true>(seenMax)
  let live: Live | undefined
  let waiting: Item[] = []
  let working: Promise<void> | undefined

  const acknowledge = async (): Promise<void> => {
    const upTo = cursors.get(queue)
    if (upTo === undefined) return
    if (live === undefined) await engine.api.queues.acknowledge(source, upTo)
    else live.socket.send({ type: 'acknowledge', queue, upTo })
  }

  /** One batch at a time, whether fetched or live, so that what comes both ways is taken once. */
  const take = (items: readonly Item[]): Promise<void> =>
    engine.locks.hold(`items ${queue}`, async () => {
      for (const item of items) {
        if (!seen.has(item.position)) await source.process(item)
        seen.set(item.position, true)
      }
      await engine.saver.flush()
      if (items.length === 0) return
      await acknowledge()
      source.onRead(items.length)
    })

  /** Works off what came by the socket; what fails leaves the socket, so that it comes again. */
  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, itemsPerFlush)
      await take(batch)
    }
  }
  const wake = (): void => {
    working ??= work()
      .catch(() => {
        waiting = []
        live?.socket.close()
      })
      .finally(() => {
        working = undefined
        if (waiting.length > 0) wake()
      })
  }

  /** An older server does not say what was acknowledged. */
  const notice = (position: Cursor, acknowledged: unknown): void => {
    engine.log.notice(position)
    if (typeof acknowledged === 'string') source.onAcknowledged(acknowledged)
  }

  const look = async (): Promise<void> => {
    const { next, acknowledged } = await pageAfter(cursors.get(queue), 1)
    notice(next, acknowledged)
  }

  const fetchPage = async (): Promise<Awaited<ReturnType<Engine['api']['queues']['items']>>> => {
    const page = await pageAfter(cursors.get(queue), pageItems)
    notice(page.next, page.acknowledged)
    return page
  }

  /** Where the cursor is of another log than the server's, from what was acknowledged in that. */
  const pageAfter = async (cursor: string | undefined, limit: number): ReturnType<Engine['api']['queues']['items']> => {
    try {
      return await engine.api.queues.items(source, cursor, limit)
    } catch (error) {
      if (!isRefusal(error, 'cursor-expired')) throw error
      cursors.expire(queue)
      return engine.api.queues.items(source, undefined, limit)
    }
  }

  const fetchAll = async (): Promise<void> => {
    for (;;) {
      const page = await fetchPage()
      await take(page.items as readonly Item[])
      if (!page.more || page.items.length === 0) return
    }
  }

  /** While live the socket alone brings items; what a look at the queue shows has come once its position was passed. */
  const waitForLive = async (signal: AbortSignal): Promise<void> => {
    for (let attempt = 0; live !== undefined; attempt++) {
      while (working !== undefined) await working
      const { items } = await engine.api.queues.items(source, cursors.get(queue), 1)
      if (items.every(({ position }) => seen.has(String(position)))) return
      await wait(Math.min(5 * 2 ** attempt, 200), signal)
    }
    await fetchAll()
  }

  let draining: Promise<void> | undefined
  const drain = (): Promise<void> => {
    draining ??= engine.locks
      .hold(`queue ${queue}`, () => (live?.caughtUp === true ? waitForLive(engine.signal) : fetchAll()))
      .finally(() => {
        draining = undefined
      })
    return draining
  }

  const connect = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      stayConnected(signal, resolve).then(resolve, reject)
    })

  const stayConnected = async (signal: AbortSignal, onLive: () => void): Promise<void> => {
    for (let attempt = 0; !signal.aborted; attempt++) {
      const began = Date.now()
      source.onStatus('connecting')
      try {
        const code = await engine.locks
          .hold(`queue ${queue}`, () => begin(signal, onLive))
          .then(({ socket }) => socket.closed)
        source.onStatus('offline')
        if (code === 4409) {
          source.onDisplaced()
          return
        }
      } catch (error) {
        source.onStatus('offline')
        if (isRefusal(error, 'not-authenticated', 'no-such-queue')) throw error
      }
      live = undefined
      if (Date.now() - began > 5_000) attempt = 0
      await wait(backoffMs(attempt), signal).catch(() => undefined)
    }
  }

  const begin = async (signal: AbortSignal, onLive: () => void): Promise<Live> => {
    const token = await tokenOf(engine, direct)
    const { websocketUrl } = await engine.api.discover()
    waiting = []
    while (working !== undefined) await working
    let displaced = false
    const onFrame = (frame: { readonly [field: string]: unknown }): void => {
      if (frame['type'] === 'opened') notice(String(frame['after']), frame['acknowledged'])
      else if (frame['type'] === 'item') {
        waiting.push(frame['item'] as Item)
        wake()
      } else if (frame['type'] === 'signalled') source.onSignalled(frame['signal'])
      else if (frame['type'] === 'queueEmpty') {
        opened.caughtUp = true
        void idle().then(() => {
          if (live === opened) source.onStatus('live')
          onLive()
        })
      } else if (frame['type'] === 'displaced') {
        displaced = true
        opened.socket.close()
      } else if (frame['type'] === 'error') {
        const { code } = (frame['problem'] ?? {}) as { readonly code?: string }
        if (code === 'cursor-expired') cursors.expire(queue)
        opened.socket.close()
      }
    }
    const socket = await openSocket(websocketUrl, onFrame, signal)
    const opened: Live = {
      socket: { ...socket, closed: socket.closed.then((code) => (displaced ? 4409 : code)) },
      caughtUp: false,
    }
    live = opened
    const after = cursors.get(queue)
    socket.send({ type: 'open', token: token.value, queue, ...(after === undefined ? {} : { after }) })
    renewWhileOpen(engine, direct, token, socket)
    void socket.closed.then(() => {
      if (live === opened) live = undefined
    })
    return opened
  }

  const idle = async (): Promise<void> => {
    while (working !== undefined) await working
  }

  return { drain, connect, look }
}

const tokenOf = (engine: Engine, direct: boolean): Promise<Token> =>
  direct ? engine.api.clientToken() : engine.api.queueToken()

/** A socket outlives its token: a new one is sent a minute before the old one ends. */
const renewWhileOpen = (engine: Engine, direct: boolean, token: Token, socket: Socket): void => {
  const timer = setTimeout(
    () => {
      tokenOf(engine, direct)
        .then((fresh) => {
          socket.send({ type: 'token', token: fresh.value })
          renewWhileOpen(engine, direct, fresh, socket)
        })
        .catch(() => {
          socket.close()
        })
    },
    Math.max(1_000, token.goodUntil - Date.now() - 55_000),
  )
  void socket.closed.then(() => {
    clearTimeout(timer)
  })
}
