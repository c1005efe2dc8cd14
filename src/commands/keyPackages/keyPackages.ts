/** A client's stock of KeyPackages: each handed out once, but for the last resort of a ciphersuite. */
import { keyPackagesShapes, parseKeyPackagesEvent } from '../../events/keyPackages.js'
import type { KeyPackagesEvent, StoredKeyPackage } from '../../events/keyPackages.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'

export type KeyPackagesState = {
  readonly closed: boolean
  /** Oldest first. */
  readonly packages: readonly StoredKeyPackage[]
  /** Every reference ever published that could still be published again, with the end of its lifetime. */
  readonly seen: ReadonlyMap<string, number>
  /** What requests of other servers' clients were given, the newest of them, until it expires; by request and ciphersuite. */
  readonly given: ReadonlyMap<string, Given>
}

type Claimed = Extract<KeyPackagesEvent, { type: 'KeyPackageClaimed' }>['data']
type Given = { readonly claimed: Claimed; readonly notAfter: number }

const initial: KeyPackagesState = { closed: false, packages: [], seen: new Map(), given: new Map() }

export const keyPackagesAggregate: Aggregate<KeyPackagesState, KeyPackagesEvent> = {
  name: 'keyPackages',
  initial,
  shapes: keyPackagesShapes,
  parse: parseKeyPackagesEvent,
  evolve: (state, event, { at }) => {
    switch (event.type) {
      case 'KeyPackagesPublished': {
        const { packages, replacedRefs } = event.data
        const passed = bothSay(at, packages)
        const kept = without(state.packages, replacedRefs).filter((one) => one.notAfter > passed)
        return { ...state, packages: [...kept, ...packages], seen: seenAfter(state.seen, packages, passed) }
      }
      case 'KeyPackageClaimed':
        return {
          ...state,
          packages: event.data.lastResort ? state.packages : without(state.packages, [event.data.ref]),
          given: givenAfter(state, event.data, at),
        }
      case 'KeyPackagesDeleted':
        return { ...state, packages: without(state.packages, event.data.refs) }
      case 'StockClosed':
        return { ...initial, closed: true }
    }
  },
  snapshot: {
    version: 2,
    write: ({ closed, packages, seen, given }) =>
      new TextEncoder().encode(JSON.stringify({ closed, packages, seen: [...seen], given: [...given] })),
    read: (bytes) => {
      const { seen, given, ...rest } = JSON.parse(new TextDecoder().decode(bytes)) as Written
      return { ...rest, seen: new Map(seen), given: new Map(given) }
    },
  },
  weigh: ({ packages, seen, given }) =>
    300 +
    packages.reduce((sum, one) => sum + one.keyPackage.length + 300, 0) +
    seen.size * 150 +
    [...given.values()].reduce((sum, { claimed }) => sum + claimed.keyPackage.length + 600, 0),
}

type Written = Omit<KeyPackagesState, 'seen' | 'given'> & {
  readonly seen: readonly (readonly [string, number])[]
  readonly given: readonly (readonly [string, Given])[]
}

const givenMax = 200

const givenAfter = (
  { packages, given }: KeyPackagesState,
  claimed: Claimed,
  at: number,
): ReadonlyMap<string, Given> => {
  const { asked, ref, suite } = claimed
  const taken = packages.find((one) => one.ref === ref)
  if (asked === undefined || taken === undefined) return given
  const { notAfter } = taken
  const live = [...given].filter(([name, one]) => one.notAfter > at && name !== nameOf(asked, suite))
  return new Map([...live.slice(1 - givenMax), [nameOf(asked, suite), { claimed, notAfter }]])
}

const nameOf = (asked: string, suite: number): string => `${asked} ${suite}`

/** What a request was given before, while it is good: a last resort as long as it is the one. */
export const givenFor = (
  { given, packages }: KeyPackagesState,
  { asked, suite, at }: Pick<ClaimKeyPackage, 'asked' | 'suite' | 'at'>,
): Claimed | undefined => {
  const before = asked === undefined ? undefined : given.get(nameOf(asked, suite))
  if (before === undefined || before.notAfter <= at) return undefined
  const { claimed } = before
  return !claimed.lastResort || packages.some(({ ref }) => ref === claimed.ref) ? claimed : undefined
}

const without = (packages: readonly StoredKeyPackage[], refs: readonly string[]): readonly StoredKeyPackage[] => {
  const gone = new Set(refs)
  return packages.filter(({ ref }) => !gone.has(ref))
}

/** Our clock and, by about a week, the client's: on the word of ours alone no package is forgotten. */
const bothSay = (at: number, packages: readonly StoredKeyPackage[]): number =>
  packages.reduce((least, { notBefore }) => Math.min(least, notBefore + weekMs), at)
const weekMs = 7 * 24 * 60 * 60 * 1_000

/** An expired package is refused anyway, so its reference need not be remembered. */
const seenAfter = (
  seen: ReadonlyMap<string, number>,
  packages: readonly StoredKeyPackage[],
  at: number,
): ReadonlyMap<string, number> => {
  const kept = new Map([...seen].filter(([, notAfter]) => notAfter > at))
  for (const { ref, notAfter } of packages) kept.set(ref, notAfter)
  return kept
}

type PublishLimits = {
  readonly keyPackagesPerUploadMax: number
  readonly keyPackagesPerClientMax: number
  /** Of all packages of an upload together, as they stand in the event. */
  readonly uploadBytesMax: number
}

export type PublishKeyPackages = {
  readonly client: ClientId
  readonly user: UserId
  /** Validated. */
  readonly packages: readonly StoredKeyPackage[]
  /** What the stock has of the same ciphersuites goes, in the same instant. */
  readonly replace: boolean
  readonly at: number
  readonly limits: PublishLimits
}

/** A new last resort always takes the place of the one before it. */
export const publishKeyPackages: Decider<PublishKeyPackages, KeyPackagesState, KeyPackagesEvent> =
  (command) => (state) => {
    const { client, user, packages, replace, at, limits } = command
    if (state.closed) return reject({ code: 'no-such-client' })
    const tooMany = overLimits(packages, limits)
    if (tooMany !== undefined) return tooMany
    const refs = packages.map(({ ref }) => ref)
    if (new Set(refs).size < refs.length || refs.some((ref) => state.seen.has(ref))) return invalid('duplicate')
    const replaced = state.packages.filter((one) => (replace ? hasSuite(packages, one) : isSucceeded(packages, one)))
    const replacedRefs = replaced.map(({ ref }) => ref)
    const stock = [...without(state.packages, replacedRefs), ...packages].filter(({ notAfter }) => notAfter > at)
    const { keyPackagesPerClientMax: max } = limits
    if (stock.length > max) return reject({ code: 'limit-reached', limit: 'keyPackagesPerClientMax', max })
    const data = { client, user, packages: [...packages], replacedRefs }
    return badLastResorts(stock) ?? accept({ type: 'KeyPackagesPublished', data })
  }

const invalid = (reason: string) => reject({ code: 'invalid-key-package', reason })

const overLimits = (packages: readonly StoredKeyPackage[], limits: PublishLimits) => {
  const { keyPackagesPerUploadMax: max, uploadBytesMax } = limits
  if (packages.length > max) return reject({ code: 'limit-reached', limit: 'keyPackagesPerUploadMax', max })
  const bytes = packages.reduce((sum, { keyPackage }) => sum + keyPackage.length, 0)
  return bytes > uploadBytesMax ? reject({ code: 'too-large', max: uploadBytesMax, actual: bytes }) : undefined
}

const hasSuite = (packages: readonly StoredKeyPackage[], one: StoredKeyPackage): boolean =>
  packages.some(({ suite }) => suite === one.suite)

const isSucceeded = (packages: readonly StoredKeyPackage[], one: StoredKeyPackage): boolean =>
  one.lastResort && packages.some(({ suite, lastResort }) => lastResort && suite === one.suite)

/** Exactly one last resort for each ciphersuite that there are packages of. */
const badLastResorts = (stock: readonly StoredKeyPackage[]) => {
  for (const suite of new Set(stock.map((one) => one.suite))) {
    const count = stock.filter((one) => one.suite === suite && one.lastResort).length
    if (count !== 1) return invalid(count === 0 ? 'lastResortMissing' : 'lastResortTwice')
  }
  return undefined
}

export type DeleteKeyPackages = { readonly client: ClientId; readonly refs: readonly string[]; readonly at: number }

/** The last resort goes only with all others of its ciphersuite, and never the only one of the client. */
export const deleteKeyPackages: Decider<DeleteKeyPackages, KeyPackagesState, KeyPackagesEvent> =
  ({ client, refs, at }) =>
  (state) => {
    if (state.closed) return reject({ code: 'no-such-client' })
    const asked = new Set(refs)
    const known = state.packages.filter(({ ref }) => asked.has(ref)).map(({ ref }) => ref)
    if (known.length === 0) return accept()
    const live = state.packages.filter(({ notAfter }) => notAfter > at)
    const left = without(live, known)
    if (left.length === 0 && live.length > 0) return invalid('lastResortMissing')
    return badLastResorts(left) ?? accept({ type: 'KeyPackagesDeleted', data: { client, refs: known } })
  }

export type ClaimKeyPackage = {
  readonly client: ClientId
  readonly suite: number
  readonly by: UserId
  readonly at: number
  /** Which request of another server's client it is for. */
  readonly asked?: string | undefined
}

/** The oldest unexpired package of the ciphersuite, else its last resort. Nothing more for a request that was given one. */
export const claimKeyPackage: Decider<ClaimKeyPackage, KeyPackagesState, KeyPackagesEvent> =
  ({ client, suite, by, at, asked }) =>
  (state) => {
    if (state.closed) return reject({ code: 'no-such-client' })
    if (givenFor(state, { asked, suite, at }) !== undefined) return accept()
    const fitting = state.packages.filter((one) => one.suite === suite && isLive(one, at))
    const single = fitting.filter(({ lastResort }) => !lastResort)
    const taken = single[0] ?? fitting[0]
    if (taken === undefined) return reject({ code: 'key-material-exhausted' })
    const { ref, keyPackage, lastResort } = taken
    const remaining = Math.max(0, single.length - 1)
    const data = { client, ref, suite, keyPackage, lastResort, by, remaining }
    return accept({ type: 'KeyPackageClaimed', data: asked === undefined ? data : { ...data, asked } })
  }

const isLive = ({ notBefore, notAfter }: StoredKeyPackage, at: number): boolean => notBefore <= at && notAfter > at

export const closeStock: Decider<ClientId, KeyPackagesState, KeyPackagesEvent> = (client) => (state) =>
  state.closed ? accept() : accept({ type: 'StockClosed', data: { client } })

export type StockCount = { readonly cipherSuite: number; readonly count: number; readonly lastResort: boolean }

/** What may still be handed out at a time, by ciphersuite; the last resort is not counted. */
export const stockOf = (state: KeyPackagesState, at: number): readonly StockCount[] => {
  const live = state.packages.filter((one) => one.notAfter > at)
  const suites = [...new Set(live.map(({ suite }) => suite))].sort((a, b) => a - b)
  return suites.map((cipherSuite) => {
    const ofSuite = live.filter(({ suite }) => suite === cipherSuite)
    const count = ofSuite.filter(({ lastResort }) => !lastResort).length
    return { cipherSuite, count, lastResort: count < ofSuite.length }
  })
}
