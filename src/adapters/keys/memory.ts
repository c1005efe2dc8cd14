/** Keys in memory, for tests and simulations; gone with the process. */
import { randomBytes } from 'node:crypto'
import type { Domain, UserId } from '../../mls/wire/ids.js'
import type { Keys } from '../../ports/keys.js'
import { keysOf, makeBundle } from './bundle.js'

export const memoryKeys = async (domain: Domain, now: number): Promise<Keys> => {
  const { written } = await makeBundle(domain, now)
  const subjects = new Map<UserId, Uint8Array>()
  let begun = false
  return {
    server: keysOf(written),
    reload: () => Promise.resolve(),
    reloadNow: () => undefined,
    subjects: {
      get: (user) => Promise.resolve(subjects.get(user)),
      create: (user) => {
        const key = subjects.get(user) ?? new Uint8Array(randomBytes(32))
        subjects.set(user, key)
        return Promise.resolve(key)
      },
      erase: (user) => {
        subjects.delete(user)
        return Promise.resolve()
      },
    },
    begun: () => Promise.resolve(begun),
    noteBegun: () => {
      begun = true
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
