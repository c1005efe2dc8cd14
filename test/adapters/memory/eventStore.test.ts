/** The log in memory keeps the contract of the log. */
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { eventStoreContract } from '../../ports/eventStore.contract.js'

const open = (keptEvents?: number) => () => {
  const store = openMemoryEventStore(keptEvents === undefined ? {} : { keptEvents })
  return Promise.resolve({ store, close: () => store.close() })
}
const capabilities = { anyRetriesForever: true, headRetries: true }

eventStoreContract('memory', open(), capabilities)
eventStoreContract('memory, where followers soon read pages', open(7), capabilities)
