/**
 * An asset of another server for a client of ours, which asks nobody but us: fetched a piece at a time and passed on as it comes. What
 * it is the other server says, and the client verifies.
 */
import type { Limits } from '../../limits/limits.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { AssetId } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import { assetPieceMax, PeerAway } from '../../ports/peers.js'
import type { AssetAsked, AssetPieceElsewhere, OtherServers } from '../../ports/peers.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { newPlaces } from '../../structures/places.js'
import type { Places } from '../../structures/places.js'
import { rejectionOfHub } from './hubRefusal.js'

export type AssetsElsewhere = {
  /** What its server says of it, where the capability is the right one. Throws PeerAway, PeerNotAsked. */
  readonly look: (asked: AskedElsewhere) => Promise<DescribedElsewhere | Rejected>
  /** Bytes `from` to before `to`. Throws before the first one what `look` throws, and later whatever ends it. */
  readonly bytes: (asked: Described, from: number, to: number) => AsyncGenerator<Uint8Array>
}

/** `who`: on whose behalf, for its share of what goes on at once. */
export type AskedElsewhere = { readonly who: string; readonly asset: AssetId; readonly capability: string | undefined }
export type DescribedElsewhere = { readonly size: number; readonly digest: string }
type Described = AskedElsewhere & DescribedElsewhere

export type AssetsElsewhereDependencies = {
  readonly others: Pick<OtherServers, 'asset'>
  readonly clock: Clock
  readonly limits: Pick<Limits, 'assetsElsewhereAtOncePerUserMax' | 'assetsElsewhereAtOnceMax' | 'assetStallMsMax'>
}

/** Of the other server's own budget: the client is not to hear that it has used up its own. */
const passing = ['no-such-asset', 'range-not-satisfiable'] as const

export const fetchAssetsElsewhere = (deps: AssetsElsewhereDependencies): AssetsElsewhere => {
  const { limits } = deps
  const ofUser = newPlaces(() => limits.assetsElsewhereAtOncePerUserMax)
  const ofAll = newPlaces(() => limits.assetsElsewhereAtOnceMax)

  const ask = async ({ asset, capability }: AskedElsewhere, from: number, length: number) => {
    const shown = fromBase64url(capability ?? '')
    // It is no other server's business what is no capability.
    if (shown?.length !== capabilityBytes) return reject({ code: 'no-such-asset' })
    return askPatiently(deps, { asset, capability: shown, from, length })
  }

  return {
    look: async (asked) => {
      const found = await ask(asked, 0, 0)
      return 'rejected' in found ? found : { size: found.size, digest: found.digest }
    },
    bytes: async function* (asked, from, to) {
      for (let at = from; at < to;) {
        const leave = await enterBoth(ofUser, ofAll, asked.who)
        try {
          const piece = await ask(asked, at, Math.min(assetPieceMax, to - at))
          if ('rejected' in piece || !isOfIt(piece, asked)) throw otherThanBefore(asked)
          yield piece.bytes
          at += piece.bytes.length
        } finally {
          leave()
        }
      }
    },
  }
}

const capabilityBytes = 32

/** A server that gives less than it has, or something else than it began with. */
const isOfIt = (piece: AssetPieceElsewhere, { size, digest }: DescribedElsewhere): boolean =>
  piece.size === size && piece.digest === digest && piece.bytes.length > 0

const otherThanBefore = ({ asset }: AskedElsewhere): PeerAway =>
  new PeerAway(domainOf(asset), 'its asset is another one than a moment ago', againMs)
const againMs = 1_000

/** Where the other server has given as much as it gives us for now, that is waited for, as long as a download may bring nothing. */
const askPatiently = async (
  { others, clock, limits }: AssetsElsewhereDependencies,
  asked: AssetAsked,
): Promise<AssetPieceElsewhere | Rejected> => {
  const deadline = clock.now() + limits.assetStallMsMax / 2
  const never = new AbortController().signal
  for (;;) {
    const heard = await others.asset(asked)
    if (!('refused' in heard)) return heard
    const { rejected } = rejectionOfHub(heard, passing, 'download')
    if (rejected.code !== 'rate-limited') return reject(rejected)
    const waitMs = Math.max(rejected.retryAfter, 1) * 1_000
    if (clock.now() + waitMs > deadline) throw new PeerAway(domainOf(asked.asset), 'it gives us no more now', waitMs)
    await clock.sleep(waitMs, never)
  }
}

/** A place among those of one, and among all; both are given back by what it answers. */
const enterBoth = async (ofUser: Places, ofAll: Places, who: string): Promise<() => void> => {
  const leaveUser = await enter(ofUser, who)
  const leaveAll = await enter(ofAll, 'all')
  return () => {
    leaveAll()
    leaveUser()
  }
}

const enter = (places: Places, name: string): Promise<() => void> =>
  new Promise((entered) => {
    void places.take(
      name,
      () =>
        new Promise<void>((leave) => {
          entered(leave)
        }),
    )
  })
