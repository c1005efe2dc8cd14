/** What SQLite itself finds wrong in the log's file: pages, order, rows that an index does not know. */
import { join } from 'node:path'
import { openDatabase } from '../database.js'

const problemsMax = 100

/** A line each, none when all is well. Reads the whole file, beside a server that may be writing it. */
export const fileProblemsIn = (directory: string): readonly string[] => {
  try {
    const database = openDatabase(join(directory, 'events.db'), { durability: 'full', readOnly: true })
    try {
      const found = database.prepare(`PRAGMA integrity_check(${problemsMax})`).all()
      return found.map(([line]) => String(line)).filter((line) => line !== 'ok')
    } finally {
      database.close()
    }
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
