/** A copy of the log's file as it is at one moment, taken beside the server that may be writing it. */
import { once } from 'node:events'
import { open, stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { LogDamaged, StorageFull, StoreUnavailable } from '../../../ports/eventStore.js'
import type { Failure } from '../database.js'

export type CopyLogData = { readonly from: string; readonly to: string }
export type LogCopied = 'copied' | { readonly failure: Failure; readonly reason: string }

const lookMs = 500

/**
 * Durable when it resolves; needs nothing beside it to be read. `seen`: hears how many bytes there are, now and then. The
 * writer is not held up, but its write-ahead log is not folded in meanwhile. Throws StorageFull, LogDamaged, StoreUnavailable.
 */
export const copyLogFile = async (data: CopyLogData, seen: (bytes: number) => void): Promise<void> => {
  const worker = new Worker(new URL('./copyLogWorker.js', import.meta.url), { workerData: data })
  const look = setInterval(() => {
    stat(data.to).then(
      ({ size }) => {
        seen(size)
      },
      () => undefined,
    )
  }, lookMs)
  try {
    const [copied] = (await once(worker, 'message')) as [LogCopied]
    if (copied !== 'copied') throw failed(copied)
    await syncFile(data.to)
  } finally {
    clearInterval(look)
    await worker.terminate()
  }
}

const failed = ({ failure, reason }: Exclude<LogCopied, 'copied'>): Error => {
  if (failure === 'full') return new StorageFull('no room for a copy of the log')
  if (failure === 'corrupt') return new LogDamaged(`the log cannot be read: ${reason}`)
  return new StoreUnavailable(`the log cannot be copied: ${reason}`)
}

const syncFile = async (path: string): Promise<void> => {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
