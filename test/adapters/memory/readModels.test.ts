/** Read models in memory keep the contract of read models. */
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { readModelsContract } from '../../ports/readModels.contract.js'

readModelsContract('memory', () => {
  const readModels = openMemoryReadModels()
  return Promise.resolve({ readModels, close: () => readModels.close() })
})
