/** Rebuilds in memory; those of files are with the embedded adapters, MongoDB's in test/stores. */
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { rebuildContract } from './rebuild.contract.js'

rebuildContract('memory', () => {
  const opened = { readModels: openMemoryReadModels(), leases: openMemoryLeases({ now: Date.now }) }
  return Promise.resolve({ ...opened, reopen: () => Promise.resolve(opened), close: () => Promise.resolve() })
})
