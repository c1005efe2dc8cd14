/** Franks by the keys as the bundle has them now: it may be read again while the server runs. */
import { franksBy } from '../events/frank.js'
import type { Franks } from '../events/frank.js'
import type { Keys } from '../ports/keys.js'

export const franksOf = (keys: Pick<Keys, 'server'>): Franks => {
  const now = (): Franks => franksBy(keys.server.frankKeys)
  return {
    stamp: (franked) => now().stamp(franked),
    holds: (frank, franked) => now().holds(frank, franked),
    reportOf: (reporter, frank) => now().reportOf(reporter, frank),
  }
}
