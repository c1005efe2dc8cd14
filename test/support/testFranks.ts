/** Franks by a key of tests. */
import { franksBy } from '#src/events/frank.js'

export const testFranks = franksBy([{ version: 1, key: new Uint8Array(32), notBefore: 0 }])
