/** Keys as lines for people. */
import type { KeyShown, KeysShown } from '../../contract/keys.js'
import { when } from '../printable.js'

const dayMs = 24 * 60 * 60 * 1_000
export const linesOfKeys = ({ fingerprint, bundle, keys }: KeysShown): readonly string[] => [
  `keys ${fingerprint}`,
  `bundle ${bundle}`,
  ...keys.map(lineOfKey),
]

/** `token-2 n4bQ… current 12 days since 2026-11-18T08:00:00.000Z from … until …`. */
const lineOfKey = ({ name, key, state, created, ageMs, from, until }: KeyShown): string =>
  [
    name,
    key,
    state,
    ...(ageMs === undefined ? [] : [`${Math.floor(ageMs / dayMs)} days`]),
    ...(created === undefined ? [] : [`since ${when(created)}`]),
    ...(from === undefined ? [] : [`from ${when(from)}`]),
    ...(until === undefined ? [] : [`until ${when(until)}`]),
  ].join(' ')
