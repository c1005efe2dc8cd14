/** A read model's file as its one writer sees it: rows and checkpoint in one transaction. Synchronous. */
import type { Schema } from '../../../ports/readModels.js'
import type { EventName } from '../../../ports/standing.js'
import { transaction, type Database, type Statement } from '../database.js'
import { hasLast } from './viewStandings.js'
import { columnsOf, createTables, putSql, removeSql } from './viewTables.js'

/** The changes to one table, as flat lists of what the statements bind: cheap to hand to another thread. */
export type TableChanges = {
  readonly table: string
  /** For each row its columns (null where absent), then its JSON. */
  readonly puts: readonly (string | number | null)[]
  /** For each key its parts. */
  readonly removes: readonly (string | number)[]
}

export type ViewWriter = {
  readonly apply: (
    changes: readonly TableChanges[],
    checkpoint: number,
    expected: number,
    last?: EventName,
  ) => 'applied' | 'conflict'
}

/** Makes the tables; empties them first when they belong to another log, or to a schema that looked otherwise. */
export const openViewWriter = (database: Database, schema: Schema, logId: string): ViewWriter => {
  database.exec('PRAGMA secure_delete = FAST; PRAGMA wal_autocheckpoint = 2000')
  transaction(database, () => {
    database.exec('CREATE TABLE IF NOT EXISTS _model (log_id TEXT, schema TEXT, checkpoint INTEGER NOT NULL)')
    if (!hasLast(database)) database.exec('ALTER TABLE _model ADD COLUMN last TEXT')
    const [model] = database.prepare('SELECT log_id, schema FROM _model').all()
    const shape = JSON.stringify(schema)
    if (model?.[0] === logId && model[1] === shape) return
    dropTables(database)
    for (const sql of createTables(schema)) database.exec(sql)
    database.exec('DELETE FROM _model')
    database.prepare('INSERT INTO _model (log_id, schema, checkpoint) VALUES (?, ?, 0)').run(logId, shape)
  })
  const move = database.prepare('UPDATE _model SET checkpoint = ?, last = coalesce(?, last) WHERE checkpoint = ?')
  const statements = new Map(
    Object.entries(schema.tables).map(([name, table]) => [
      name,
      {
        put: database.prepare(putSql(name, table)),
        putWidth: columnsOf(table).length + 1,
        remove: database.prepare(removeSql(name, table)),
        removeWidth: table.key.length,
      },
    ]),
  )
  return {
    apply: (changes, checkpoint, expected, last) =>
      transaction(database, () => {
        if (move.run(checkpoint, last === undefined ? null : JSON.stringify(last), expected) === 0) return 'conflict'
        for (const { table, puts, removes } of changes) {
          const known = statements.get(table)
          if (known === undefined) throw new RangeError(`no table ${table}`)
          runEach(known.remove, known.removeWidth, removes)
          runEach(known.put, known.putWidth, puts)
        }
        return 'applied'
      }),
  }
}

const runEach = (statement: Statement, width: number, values: readonly (string | number | null)[]): void => {
  for (let at = 0; at < values.length; at += width) statement.run(...values.slice(at, at + width))
}

const dropTables = (database: Database): void => {
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> '_model'").all()
  for (const [name] of names) database.exec(`DROP TABLE "${String(name)}"`)
}
