/** What waits in a queue, counted from the embedded store's rows. */
import { openEmbeddedReadModels } from '#src/adapters/embedded/views/readModels.js'
import { waitingContract } from '../../projections/queues/waiting.contract.js'
import { temporaryDirectory } from '../temporaryDirectory.js'

waitingContract('the embedded store', async () => {
  const directory = temporaryDirectory()
  const readModels = await openEmbeddedReadModels({ directory: directory.path })
  const close = async (): Promise<void> => {
    await readModels.close()
    directory.remove()
  }
  return { readModels, close }
})
