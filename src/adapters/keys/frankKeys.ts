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

/** The keys with one that stamps from `notBefore` (ms) on. Throws when there have been as many as there may be. */
export const withFrankKey = (keys: readonly FrankKey[], notBefore: number): readonly FrankKey[] => {
  const version = (keys.at(-1)?.version ?? 0) + 1
  if (version > lastVersion) throw new Error(`there have been ${lastVersion} frank keys, and no more can be told apart`)
  return [...keys, { version, key: new Uint8Array(randomBytes(32)), notBefore }]
}
