/** The tables beside all read models: which builds each one has, and what those could not take. */
import type { Schema } from '../../ports/readModels.js'

export const buildsSchema: Schema = {
  name: 'builds',
  version: 1,
  durable: true,
  tables: {
    /** By `<name>-<version>`. No order of moves is in a row: a rebuild on a new database has the same ones. */
    builds: { key: ['model'], indexes: {} },
    parked: { key: ['model', 'build', 'position'], indexes: {} },
  },
}
