/** The rows of pushes, kept in SQLite. */
import { openEmbeddedReadModels } from '#src/adapters/embedded/views/readModels.js'
import { pushRowsContract } from '../../push/rows.contract.js'
import { temporaryDirectory } from '../temporaryDirectory.js'

pushRowsContract('SQLite', async () => {
  const directory = temporaryDirectory()
  const readModels = await openEmbeddedReadModels({ directory: directory.path })
  return {
    readModels,
    close: async () => {
      await readModels.close()
      directory.remove()
    },
  }
})
