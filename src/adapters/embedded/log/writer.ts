/** The main thread's end of the log's writer: sends what is appended in one turn together, and matches the answers. */
import { Worker } from 'node:worker_threads'
import { StorageFull, StoreUnavailable, type Appended, type NewEvent } from '../../../ports/eventStore.js'
import type { AppendRequest } from './eventLog.js'
import type { FromWriter, Refusing, ToWriter, WriterData, WriterFailure } from './writerMessages.js'

/** Appends that wait for the writer; beyond it the store counts as unavailable, so that memory stays bounded. */
const waitingAppendsMax = 20_000
const waitingCharactersMax = 128 * 1024 * 1024
const appendsPerMessageMax = 256

/** `readable`: its events as their readers see them; the thread is sent only their text. */
export type ReadableRequest = { readonly request: AppendRequest; readonly readable: readonly NewEvent[] }
export type Committed = ReadableRequest & { readonly result: Appended }

export type Writer = {
  readonly append: (asked: ReadableRequest) => Promise<Appended>
  readonly truncate: (stream: string, before: number) => Promise<void>
  /** Finishes what was asked before, then ends the thread. */
  readonly close: () => Promise<void>
}

type Waiting = ReadableRequest & {
  readonly characters: number
  readonly resolve: (result: Appended) => void
  readonly reject: (reason: Error) => void
}

export type WriterEvents = {
  /** Hears of every group, in the order of the log, before those who appended it. */
  readonly committed: (group: readonly Committed[]) => void
  /** Hears whenever the log begins to take no writes, and when it takes them again (undefined). */
  readonly refusing: (refusing: Refusing | undefined) => void
}

/** Starts the thread; resolves once the log is open. */
export const openWriter = async (data: WriterData, { committed, refusing }: WriterEvents): Promise<Writer> => {
  const worker = new Worker(new URL('./writerWorker.js', import.meta.url), { workerData: data })
  const waiting = new Map<number, Waiting>()
  const truncating = new Map<number, { readonly resolve: () => void; readonly reject: (reason: Error) => void }>()
  let waitingCharacters = 0
  let ticket = 0
  let outgoing: (AppendRequest & { readonly ticket: number })[] = []
  let gone: Error | undefined
  let closing = false

  const post = (message: ToWriter): void => {
    worker.postMessage(message)
  }
  const flush = (): void => {
    const appends = outgoing
    outgoing = []
    for (let at = 0; at < appends.length; at += appendsPerMessageMax)
      post({ type: 'append', appends: appends.slice(at, at + appendsPerMessageMax) })
  }

  const settle = (results: Extract<FromWriter, { type: 'appended' }>['results']): void => {
    const settled = results.flatMap(([answered, result]) => {
      const append = waiting.get(answered)
      waiting.delete(answered)
      waitingCharacters -= append?.characters ?? 0
      return append === undefined ? [] : [{ append, result }]
    })
    committed(settled.flatMap(({ append, result }) => (isFailure(result) ? [] : [{ ...append, result }])))
    for (const { append, result } of settled)
      if (isFailure(result)) append.reject(failed(result))
      else append.resolve(result)
  }
  const receive = (message: FromWriter): void => {
    if (message.type === 'appended') settle(message.results)
    if (message.type === 'refusing') refusing(message.refusing)
    if (message.type !== 'truncated') return
    const truncation = truncating.get(message.ticket)
    truncating.delete(message.ticket)
    if (message.failure === undefined) truncation?.resolve()
    else truncation?.reject(failed(message.failure))
  }

  const stopped = (reason: Error): void => {
    if (gone === undefined && !closing) refusing({ reason: reason.message, forGood: true })
    gone ??= reason
    for (const each of [...waiting.values(), ...truncating.values()]) each.reject(gone)
    waiting.clear()
    truncating.clear()
  }
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      stopped(new StoreUnavailable('the thread that writes the log has ended'))
      resolve()
    })
  })
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => {
      resolve()
    })
    worker.once('error', (error) => {
      stopped(new StoreUnavailable('the thread that writes the log failed', { cause: error }))
      reject(error)
    })
  })
  worker.on('message', receive)

  return {
    append: ({ request, readable }) =>
      new Promise((resolve, reject) => {
        if (gone !== undefined) throw gone
        const characters = request.events.reduce((sum, { data, meta }) => sum + data.length + meta.length, 0)
        if (waiting.size >= waitingAppendsMax || waitingCharacters + characters > waitingCharactersMax)
          throw new StoreUnavailable('too many appends wait for the disk')
        waiting.set(++ticket, { request, readable, characters, resolve, reject })
        waitingCharacters += characters
        // After the sockets of this turn were read: what they ask for shares one message, one commit and one fsync.
        if (outgoing.push({ ...request, ticket }) === 1) setImmediate(flush)
      }),
    truncate: (stream, before) =>
      new Promise((resolve, reject) => {
        if (gone !== undefined) throw gone
        truncating.set(++ticket, { resolve, reject })
        post({ type: 'truncate', ticket, stream, before })
      }),
    close: async () => {
      closing = true
      flush()
      post({ type: 'close' })
      await exited
    },
  }
}

const failed = ({ status, reason }: WriterFailure): Error =>
  status === 'full' ? new StorageFull(reason) : new StoreUnavailable(reason)

const isFailure = (result: Appended | WriterFailure): result is WriterFailure =>
  result.status === 'full' || result.status === 'unavailable'
