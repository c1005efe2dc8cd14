/** What the keys of a bundle are used for by what the log names, from one turn to the next. */
import type { TokenKeys } from '../../api/tokens/bearerToken.js'
import { missingOf, nextTurn, usesOf } from '../../commands/server/keyUse.js'
import type { KeyState, KeyUse } from '../../commands/server/keyUse.js'
import { rotatedKind } from '../../events/server.js'
import type { RotatedKind, Rotation } from '../../events/server.js'
import { equalBytes } from '../../mls/bytes/bytes.js'
import type { Intermediate, SealingKey, ServerKeys, VapidKey } from '../../ports/keys.js'

export type KeyView = {
  readonly of: ServerKeys
  readonly named: readonly Rotation[]
  /** ms; it is another before and after. */
  readonly from: number
  readonly until: number
  readonly uses: Readonly<Record<RotatedKind, readonly KeyUse[]>>
  readonly tokens: TokenKeys
  /** Undefined: the bundle lacks the one that is used. */
  readonly intermediate: Intermediate | undefined
  readonly sealing: SealingKey | undefined
  readonly push: VapidKey | undefined
  /** Those under the same root, the one that signs last. */
  readonly intermediates: readonly Intermediate[]
  /** Whether a reference may be sealed under a key that the bundle lacks. */
  readonly lacksSealing: boolean
  /** A line each. */
  readonly missing: readonly string[]
}

/** A key of whatever kind. `made`: ms. */
export type HeldKey = { readonly print: string; readonly made: number; readonly certificate?: Uint8Array }

export const viewOf = (keys: ServerKeys, named: readonly Rotation[], now: number): KeyView => {
  const uses = usesIn(keys, named, now)
  const [intermediate] = inState(uses.intermediate, keys.intermediates, 'current')
  const missing = missingIn(keys, uses)
  return {
    of: keys,
    named,
    from: now,
    until: nextTurn(named, now),
    uses,
    tokens: tokensOf(keys, uses.token),
    intermediate,
    sealing: inState(uses.sealing, keys.sealingKeys, 'current')[0],
    push: inState(uses.push, keys.vapidKeys, 'current')[0],
    intermediates: [
      ...inState(uses.intermediate, keys.intermediates, 'accepted', 'retired'),
      ...(intermediate === undefined ? [] : [intermediate]),
    ].filter(({ root }) => intermediate === undefined || equalBytes(root, intermediate.root)),
    lacksSealing: missing.some(({ kind }) => kind === 'sealing'),
    missing: missing.map((one) => lineOf(one, named)),
  }
}

/** What the log names and these keys lack, a line each. */
export const missingKeys = (keys: ServerKeys, named: readonly Rotation[], now: number): readonly string[] =>
  missingIn(keys, usesIn(keys, named, now)).map((one) => lineOf(one, named))

const printsOf = (keys: ServerKeys, kind: RotatedKind): readonly string[] =>
  heldOf(keys)[kind].map(({ print }) => print)

/** The keys of a bundle, by what rotates. */
export const heldOf = (keys: ServerKeys): Readonly<Record<RotatedKind, readonly HeldKey[]>> => ({
  token: keys.tokenKeys,
  sealing: keys.sealingKeys,
  intermediate: keys.intermediates,
  push: keys.vapidKeys,
})

const usesIn = (keys: ServerKeys, named: readonly Rotation[], now: number): KeyView['uses'] => {
  const of = (kind: RotatedKind) => usesOf(kind, named, printsOf(keys, kind), now)
  return { token: of('token'), sealing: of('sealing'), intermediate: of('intermediate'), push: of('push') }
}

/** Those that are held, the oldest first. */
const inState = <Key extends HeldKey>(
  uses: readonly KeyUse[],
  held: readonly Key[],
  ...states: readonly KeyState[]
): readonly Key[] =>
  uses.flatMap(({ key, state }) => (states.includes(state) ? held.filter(({ print }) => print === key) : []))

const tokensOf = ({ tokenKeys }: ServerKeys, uses: readonly KeyUse[]): TokenKeys => {
  const secrets = (...states: readonly KeyState[]) => inState(uses, tokenKeys, ...states).map(({ key }) => key)
  return {
    signing: secrets('current')[0],
    accepted: secrets('current', 'next', 'accepted'),
    retired: secrets('retired'),
  }
}

type Missing = { readonly kind: RotatedKind; readonly key: string }

const missingIn = (keys: ServerKeys, uses: KeyView['uses']): readonly Missing[] =>
  rotatedKind.options.flatMap((kind) => missingOf(kind, uses[kind], printsOf(keys, kind)).map((key) => ({ kind, key })))

const lineOf = ({ kind, key }: Missing, named: readonly Rotation[]): string => {
  const bundle = named.find((one) => one.kind === kind && one.key === key)?.bundle ?? ''
  return `KEYS_DIR lacks the ${kind} key ${key} of bundle ${bundle}, which the log names`
}
