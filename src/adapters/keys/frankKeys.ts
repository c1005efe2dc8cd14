/** The keys of franks: the first derived from a secret that every bundle has, so that one made before there were franks has it too. */
import { hkdfSync, randomBytes } from 'node:crypto'
import type { FrankKey } from '../../events/frank.js'

const firstVersion = 1
const lastVersion = 255

export const firstFrankKey = (secret: Uint8Array): FrankKey => ({
  version: firstVersion,
  key: new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), 'frank', 32)),
  notBefore: 0,
})

/** Behind the later ones there are; it stamps from `notBefore` (ms) on. Throws when there have been as many as there may be. */
export const nextFrankKey = (later: readonly FrankKey[] = [], notBefore: number): FrankKey => {
  const version = (later.at(-1)?.version ?? firstVersion) + 1
  if (version > lastVersion) throw new Error(`there have been ${lastVersion} frank keys, and no more can be told apart`)
  return { version, key: new Uint8Array(randomBytes(32)), notBefore }
}
