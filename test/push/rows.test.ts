/** The rows of pushes, kept in memory. */
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { pushRowsContract } from './rows.contract.js'

pushRowsContract('memory', () =>
  Promise.resolve({ readModels: openMemoryReadModels(), close: () => Promise.resolve() }),
)
