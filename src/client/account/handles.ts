/** By which handles this client found people: for a user interface to call them. The server says no more than who asks for. */
import type { UserId } from '../../mls/wire/ids.js'
import type { Saver } from '../engine/saver.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Store } from '../store/store.js'

export type Handles = {
  /** Undefined for whom this client never looked up. */
  readonly of: (user: UserId) => string | undefined
  /** The last one counts: a handle can be given up and taken by somebody else. */
  readonly learn: (user: UserId, handle: string) => void
}

const prefix = 'handle/'

export const loadHandles = async (store: Store, saver: Saver): Promise<Handles> => {
  const known = new Map<UserId, string>()
  for (const key of await store.keys(prefix)) {
    const bytes = await store.get(key)
    if (bytes !== undefined)
      known.set(key.slice(prefix.length) as UserId, (decodeRecord(bytes) as { readonly handle: string }).handle)
  }
  return {
    of: (user) => known.get(user),
    learn: (user, handle) => {
      if (known.get(user) === handle) return
      for (const [other, theirs] of known) if (theirs === handle) forget(other)
      known.set(user, handle)
      saver.put(prefix + user, () => encodeRecord({ handle }))
    },
  }

  function forget(user: UserId): void {
    known.delete(user)
    saver.remove(prefix + user)
  }
}
