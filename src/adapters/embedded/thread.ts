/** A worker thread that answers requests by ticket, one after another. */
import { Worker } from 'node:worker_threads'
import { StoreUnavailable } from '../../ports/eventStore.js'

export type Thread<Request, Answer> = {
  /** Rejects with StoreUnavailable once the thread has ended. */
  readonly ask: (request: Request) => Promise<Answer>
  /** Asks a last thing, and waits until the thread has ended. */
  readonly end: (request: Request) => Promise<void>
}

type Waiting<Answer> = { readonly resolve: (answer: Answer) => void; readonly reject: (reason: Error) => void }

export const startThread = async <Request, Answer>(script: URL): Promise<Thread<Request, Answer>> => {
  const worker = new Worker(script)
  const waiting = new Map<number, Waiting<Answer>>()
  let ticket = 0
  let gone: Error | undefined

  const stopped = (reason: Error): void => {
    gone ??= reason
    for (const { reject } of waiting.values()) reject(gone)
    waiting.clear()
  }
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      stopped(new StoreUnavailable('the thread of the store has ended'))
      resolve()
    })
  })
  worker.on('error', (cause) => {
    stopped(new StoreUnavailable('the thread of the store failed', { cause }))
  })
  worker.on('message', (message: { readonly ticket: number; readonly answer: Answer }) => {
    const found = waiting.get(message.ticket)
    waiting.delete(message.ticket)
    found?.resolve(message.answer)
  })
  await new Promise<void>((resolve, reject) => {
    worker.once('online', resolve)
    worker.once('error', reject)
  })

  const ask = (request: Request): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (gone !== undefined) throw gone
      waiting.set(++ticket, { resolve, reject })
      worker.postMessage({ ticket, request })
    })
  return {
    ask,
    end: async (request) => {
      if (gone === undefined) await ask(request)
      await exited
    },
  }
}
