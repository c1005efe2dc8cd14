/** What waits in a queue, counted from rows in memory. */
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { waitingContract } from './waiting.contract.js'

waitingContract('memory', () => Promise.resolve({ readModels: openMemoryReadModels(), close: () => Promise.resolve() }))
