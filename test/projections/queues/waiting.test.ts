/** What waits in a queue, counted from the stores that need no server. */
import { openEmbeddedReadModels } from '#src/adapters/embedded/readModels.js'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { temporaryDirectory } from '../../adapters/temporaryDirectory.js'
import { waitingContract } from './waiting.contract.js'

waitingContract('memory', () => Promise.resolve({ readModels: openMemoryReadModels(), close: () => Promise.resolve() }))

waitingContract('the embedded store', async () => {
  const directory = temporaryDirectory()
  const readModels = await openEmbeddedReadModels({ directory: directory.path })
  const close = async (): Promise<void> => {
    await readModels.close()
    directory.remove()
  }
  return { readModels, close }
})
