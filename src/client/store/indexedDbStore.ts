/** The browser's store: one object store of IndexedDB, each write one transaction. */
import { settled } from './settled.js'
import type { Store } from './store.js'

const table = 'values'

export const indexedDbStore = async (name: string): Promise<Store> => {
  const opening = indexedDB.open(name, 1)
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(table)
  }
  const database = await settled(opening)
  const reading = (): IDBObjectStore => database.transaction(table).objectStore(table)
  return {
    get: (key) => settled(reading().get(key) as IDBRequest<Uint8Array | undefined>),
    keys: async (prefix) => {
      const found = await settled(reading().getAllKeys(IDBKeyRange.bound(prefix, `${prefix}\uffff`)))
      return found.map(String)
    },
    write: (changes) =>
      new Promise((resolve, reject) => {
        const transaction = database.transaction(table, 'readwrite', { durability: 'strict' })
        transaction.oncomplete = () => {
          resolve()
        }
        transaction.onerror = transaction.onabort = () => {
          reject(transaction.error ?? new Error('IndexedDB gave the write up'))
        }
        const values = transaction.objectStore(table)
        for (const { key, value } of changes) {
          if (value === undefined) values.delete(key)
          else values.put(value, key)
        }
      }),
    close: () => {
      database.close()
      return Promise.resolve()
    },
  }
}
