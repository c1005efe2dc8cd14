/** A store that ends with the process: for tests, and for clients that want to forget. */
import type { Store } from './store.js'

export const memoryStore = (): Store => {
  const values = new Map<string, Uint8Array>()
  return {
    get: (key) => Promise.resolve(values.get(key)?.slice()),
    keys: (prefix) => Promise.resolve([...values.keys()].filter((key) => key.startsWith(prefix)).sort()),
    write: (changes) => {
      for (const { key, value } of changes) {
        if (value === undefined) values.delete(key)
        else values.set(key, value.slice())
      }
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
