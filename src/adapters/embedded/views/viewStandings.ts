/** Where the read models of a directory stand, told from their files before anything opens them. Synchronous. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { StorageFull, StoreUnavailable } from '../../../ports/eventStore.js'
import { toPosition } from '../../../ports/position.js'
import type { EventName, Standing } from '../../../ports/standing.js'
import { failureOf, openDatabase } from '../database.js'

/** A file that is damaged says nothing: it is made anew when it is opened. Throws StorageFull, StoreUnavailable. */
export const viewStandingsIn = (directory: string): readonly Standing[] => {
  if (!existsSync(directory)) return []
  const files = readdirSync(directory).filter((name) => name.endsWith('.db'))
  return files.flatMap((file) => standingIn(join(directory, file), file.slice(0, -'.db'.length)) ?? [])
}

const standingIn = (file: string, name: string): Standing | undefined => {
  try {
    // Not for reading only: that could not take in what a crash left in the write-ahead log.
    const database = openDatabase(file, { durability: 'normal' })
    try {
      if (database.prepare('PRAGMA table_info(_model)').get() === undefined) return undefined
      const columns = hasLast(database) ? 'log_id, checkpoint, last' : 'log_id, checkpoint, NULL'
      const [logId, checkpoint, last] = database.prepare(`SELECT ${columns} FROM _model`).get() ?? []
      if (typeof logId !== 'string' || typeof checkpoint !== 'number') return undefined
      const named = typeof last === 'string' ? { last: JSON.parse(last) as EventName } : {}
      return { name, logId, position: toPosition(checkpoint), ...named }
    } finally {
      database.close()
    }
  } catch (cause) {
    const failure = failureOf(cause)
    if (failure === 'corrupt') return undefined
    if (failure === 'full') throw new StorageFull('no room to open a read model', { cause })
    throw new StoreUnavailable(`the read model ${name} cannot be read`, { cause })
  }
}

/** Earlier builds did not remember the event at which a read model stands. */
export const hasLast = ({ prepare }: Pick<ReturnType<typeof openDatabase>, 'prepare'>): boolean =>
  prepare('PRAGMA table_info(_model)')
    .all()
    .some(([, column]) => column === 'last')
