/** The embedded log keeps the contract of the log. */
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { eventStoreContract } from '../../ports/eventStore.contract.js'
import { temporaryDirectory } from '../temporaryDirectory.js'

const open = async () => {
  const directory = temporaryDirectory()
  const store = await openEmbeddedEventStore({ directory: directory.path })
  let current = store
  return {
    store,
    reopen: async () => {
      await current.close()
      current = await openEmbeddedEventStore({ directory: directory.path })
      return current
    },
    close: async () => {
      await current.close()
      directory.remove()
    },
  }
}

eventStoreContract('embedded', open, { anyRetriesForever: true, headRetries: true })
