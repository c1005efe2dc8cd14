/** A read model in files is rebuilt while it is served. */
import { openEmbeddedReadModels } from '#src/adapters/embedded/views/readModels.js'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { rebuildContract } from '../../projections/builds/rebuild.contract.js'
import { temporaryDirectory } from '../temporaryDirectory.js'

rebuildContract('embedded files', async () => {
  const directory = temporaryDirectory()
  const leases = openMemoryLeases({ now: Date.now })
  let current = await openEmbeddedReadModels({ directory: directory.path })
  return {
    readModels: current,
    leases,
    reopen: async () => {
      await current.close()
      current = await openEmbeddedReadModels({ directory: directory.path })
      return { readModels: current, leases }
    },
    close: async () => {
      await current.close()
      directory.remove()
    },
  }
})
