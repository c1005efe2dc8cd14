/** The thread that copies a log's file: SQLite does it in one long call, beside the server that may be writing. */
import { parentPort, workerData } from 'node:worker_threads'
import { failureOf, openDatabase } from '../database.js'
import type { CopyLogData, LogCopied } from './copyLog.js'

const copy = ({ from, to }: CopyLogData): LogCopied => {
  try {
    const database = openDatabase(from, { durability: 'full', readOnly: true })
    try {
      database.prepare('VACUUM INTO ?').run(to)
      return 'copied'
    } finally {
      database.close()
    }
  } catch (error) {
    return { failure: failureOf(error), reason: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.postMessage(copy(workerData as CopyLogData))
