/** Small documents in the log's file that are no events: a handful in a log's life, so a connection is opened for each. */
import { StorageFull, StoreUnavailable } from '../../../ports/eventStore.js'
import type { Json } from '../../../events/form/json.js'
import { noteText } from '../../serializedEvent.js'
import { failureOf, openDatabase, type Database } from '../database.js'

export type Notes = {
  /** Durable when it returns. Throws AppendTooLarge, StorageFull, StoreUnavailable. */
  readonly write: (name: string, document: Json) => void
  readonly read: (name: string) => readonly Json[]
}

const table =
  'CREATE TABLE IF NOT EXISTS notes (number INTEGER PRIMARY KEY, name TEXT NOT NULL, document TEXT NOT NULL)'

export const notesIn = (file: string): Notes => ({
  write: (name, document) => {
    const text = noteText(document)
    withDatabase(file, false, (database) => {
      database.exec(table)
      database.prepare('INSERT INTO notes (name, document) VALUES (?, ?)').run(name, text)
    })
  },
  read: (name) =>
    withDatabase(file, true, (database) => {
      const made = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'notes'").get()
      if (made === undefined) return []
      const rows = database.prepare('SELECT document FROM notes WHERE name = ? ORDER BY number').all(name)
      return rows.map(([document]) => JSON.parse(String(document)) as Json)
    }),
})

const withDatabase = <T>(file: string, readOnly: boolean, work: (database: Database) => T): T => {
  try {
    const database = openDatabase(file, { durability: 'full', readOnly })
    try {
      return work(database)
    } finally {
      database.close()
    }
  } catch (cause) {
    if (failureOf(cause) === 'full') throw new StorageFull('no room for a note', { cause })
    throw new StoreUnavailable('the notes beside the log are out of reach', { cause })
  }
}
