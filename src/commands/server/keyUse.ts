/** Which of the keys of a kind is used: the bundle says which there are, the log which are named. */
import type { RotatedKind, Rotation } from '../../events/server.js'

/**
 * prepared: in the bundle, and named by nothing; next: named, and its time has not come; current: what is made is made by it;
 * accepted: what was made by it counts; retired: nothing of it counts any more.
 */
export type KeyState = 'prepared' | 'next' | 'current' | 'accepted' | 'retired'

/** `key`: its fingerprint; `from`: when it begins or began to be used, `until`: when it counts no longer, ms. */
export type KeyUse = {
  readonly key: string
  readonly state: KeyState
  readonly from?: number
  readonly until?: number
}

type Turn = { readonly key: string; readonly from?: number; readonly until?: number | undefined }

/** `held`: fingerprints of the bundle's keys of this kind, the oldest first. `now` in ms. The oldest first, prepared ones last. */
export const usesOf = (
  kind: RotatedKind,
  rotations: readonly Rotation[],
  held: readonly string[],
  now: number,
): readonly KeyUse[] => {
  const [first] = held
  const turns: readonly Turn[] = [
    ...(first === undefined ? [] : [{ key: first }]),
    ...rotations.filter((one) => one.kind === kind),
  ]
  const current = turns.findLastIndex(({ from = -Infinity }) => from <= now)
  const named = turns.map((turn, at): KeyUse => {
    const from = turn.from === undefined ? {} : { from: turn.from }
    if (at > current) return { key: turn.key, state: 'next', ...from }
    const until = endOf(turns.slice(at + 1))
    const end = until === undefined ? {} : { until }
    if (at === current) return { key: turn.key, state: 'current', ...from, ...end }
    return { key: turn.key, state: until !== undefined && until <= now ? 'retired' : 'accepted', ...from, ...end }
  })
  const prepared = held.filter((key) => !turns.some((turn) => turn.key === key))
  return [...named, ...prepared.map((key): KeyUse => ({ key, state: 'prepared' }))]
}

/** Whatever follows may end what is before it. */
const endOf = (later: readonly Turn[]): number | undefined => {
  const ends = later.flatMap(({ until }) => (until === undefined ? [] : [until]))
  return ends.length === 0 ? undefined : Math.min(...ends)
}

/** Fingerprints of what the log names, a process needs, and its bundle lacks. */
export const missingOf = (kind: RotatedKind, uses: readonly KeyUse[], held: readonly string[]): readonly string[] => {
  // What intermediates signed is verified by what comes along with it.
  const needed = kind === 'intermediate' ? ['next', 'current'] : ['next', 'current', 'accepted']
  return uses.flatMap(({ key, state }) => (needed.includes(state) && !held.includes(key) ? [key] : []))
}

/** When what `usesOf` says becomes another, ms: `Infinity` where that is never. */
export const nextTurn = (rotations: readonly Rotation[], now: number): number =>
  Math.min(Infinity, ...rotations.flatMap(({ from, until = from }) => [from, until]).filter((at) => at > now))
