/** Leases in memory, on a clock that is handed in. */
import type { Leases } from '../../ports/leases.js'

export const openMemoryLeases = ({ now }: { readonly now: () => number }): Leases => {
  const held = new Map<string, { readonly holder: string; readonly until: number }>()
  return {
    take: (name, holder, ttlMs) => {
      const lease = held.get(name)
      const free = lease === undefined || lease.holder === holder || lease.until < now()
      if (free) held.set(name, { holder, until: now() + ttlMs })
      return Promise.resolve(free)
    },
    release: (name, holder) => {
      if (held.get(name)?.holder === holder) held.delete(name)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
