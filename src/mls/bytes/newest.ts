/** A map that keeps what was put in last, and lets go of the oldest: for remembering within bounds. */

export type Newest<K, V> = {
  readonly get: (key: K) => V | undefined
  readonly has: (key: K) => boolean
  /** Putting a key in again changes its value, not its age. */
  readonly set: (key: K, value: V) => void
}

/** Keeps at most `max` entries. */
export const newestOf = <K, V>(max: number): Newest<K, V> => {
  const kept = new Map<K, V>()
  return {
    get: (key) => kept.get(key),
    has: (key) => kept.has(key),
    set: (key, value) => {
      kept.set(key, value)
      if (kept.size <= max) return
      for (const oldest of kept.keys()) {
        kept.delete(oldest)
        return
      }
    },
  }
}
