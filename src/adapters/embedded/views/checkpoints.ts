/** The default checkpoints of the reactions: rows of a small read model of their own. */
import type { Checkpoints } from '../../../ports/checkpoints.js'
import { origin, toPosition } from '../../../ports/position.js'
import type { ReadModels, Schema } from '../../../ports/readModels.js'

const schema: Schema = {
  name: 'reactions',
  version: 1,
  tables: { checkpoints: { key: ['reaction', 'log'], indexes: {} } },
}
const table = 'checkpoints'
/** A handful of reactions, once for each log that the directory ever had. */
const standingsMax = 10_000

/** Closing `readModels` closes these too. One process holds the directory, so read and write need no transaction. */
export const openEmbeddedCheckpoints = async (options: { readonly readModels: ReadModels }): Promise<Checkpoints> => {
  const model = await options.readModels.open(schema, 'any log: each row names its own')
  const saving = new Map<string, Promise<void>>()
  const load: Checkpoints['load'] = async (name, logId) => {
    const row = await model.get(table, [name, logId])
    return row === undefined ? origin : toPosition(row['position'] as number)
  }
  const saveNext = async (name: string, logId: string, position: number): Promise<void> => {
    if (position <= (await load(name, logId))) return
    await model.apply([{ table, put: { reaction: name, log: logId, position } }], origin, origin)
  }
  return {
    load,
    save: (name, logId, position) => {
      const next = (saving.get(name) ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => saveNext(name, logId, position))
      saving.set(name, next)
      return next
    },
    standings: async () => {
      const rows = await model.range({ table, index: 'key', prefix: [], limit: standingsMax })
      return rows.map(({ reaction, log, position }) => ({
        name: reaction as string,
        logId: log as string,
        position: toPosition(position as number),
      }))
    },
    close: () => Promise.resolve(),
  }
}
