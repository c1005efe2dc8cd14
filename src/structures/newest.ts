/** A map of the newest n: whatever is set beyond that makes it forget the oldest. */

export type Newest<Key, Value> = {
  get(key: Key): Value | undefined
  has(key: Key): boolean
  /** Makes it the newest, whether it was there or not. Reading does not. */
  set(key: Key, value: Value): void
  delete(key: Key): void
  clear(): void
}

export const keepNewest = <Key, Value>(max: number): Newest<Key, Value> => {
  const kept = new Map<Key, Value>()
  return {
    get: (key) => kept.get(key),
    has: (key) => kept.has(key),
    set: (key, value) => {
      kept.delete(key)
      kept.set(key, value)
      if (kept.size <= max) return
      const oldest = kept.keys().next()
      if (oldest.done !== true) kept.delete(oldest.value)
    },
    delete: (key) => {
      kept.delete(key)
    },
    clear: () => {
      kept.clear()
    },
  }
}
