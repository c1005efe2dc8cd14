/** The folds of all streams: cached, brought up to date by shared reads, started from snapshots and saved as such. */
import type { EventStore, StoredEvent } from '../ports/eventStore.js'
import type { Snapshots } from '../ports/snapshots.js'
import { sharedReads } from '../structures/sharedReads.js'
import type { Aggregate, BlobOf, Fact } from './decider.js'
import { emptyFold, foldOn } from './fold.js'
import type { Fold } from './fold.js'
import { foldCache } from './foldCache.js'
import { isSnapshotDue, readSnapshot, writeSnapshot } from './foldSnapshot.js'
import { newsBy } from './news.js'

export type Folds = {
  /** As this process last saw the stream. */
  cached<State>(stream: string): Fold<State> | undefined
  /** The same, unless events of ours are on their way behind it: others may have read them before they are folded here. */
  settled<State>(stream: string): Fold<State> | undefined
  /** Events are appended to the stream, until what is answered is called. */
  moving(stream: string): () => void
  /** Not older than the moment of the call. */
  fresh<State, Event extends Fact>(aggregate: Aggregate<State, Event>, stream: string): Promise<Fold<State>>
  /** Goes on from a fold by the events that follow it, keeps the result and saves a snapshot where one is due. */
  grow<State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    fold: Fold<State>,
    stored: readonly StoredEvent[],
  ): Promise<Fold<State>>
  /** As it was at a revision, from the nearest snapshot. */
  at<State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    revision: number,
  ): Promise<Fold<State>>
  /** After a failure nobody knows what the stream has. */
  forget(stream: string): void
}

export type FoldsDependencies = {
  readonly events: EventStore
  readonly snapshots: Snapshots
  readonly blobOf: BlobOf
  /** Bound of the folds kept in memory. */
  readonly cacheBytesMax: number
  readonly rememberMs: number
}

const pageEvents = 500
/** Events that are folded in one go from one snapshot to the next: what fails on the way begins there again. */
const longFoldEvents = 2_000
/** About what a known command takes in memory. */
const commandBytes = 200

export const makeFolds = ({ events, snapshots, blobOf, cacheBytesMax, rememberMs }: FoldsDependencies): Folds => {
  const news = newsBy(events.hearing)
  const cache = foldCache(cacheBytesMax, (stream) => {
    news.forget(stream)
  })
  const share = sharedReads()
  /** Those that are appended to now; commands of one stream have turns, so each is in it once. */
  const onTheWay = new Set<string>()

  /** Whether the stream still comes so far: a log that was put back to an older copy may end before a snapshot. */
  const stands = async (stream: string, { revision }: Fold<unknown>): Promise<boolean> =>
    ((await events.last(stream))?.revision ?? -1) >= revision

  const foldWhole = async <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    fold: Fold<State>,
    stored: readonly StoredEvent[],
  ): Promise<Fold<State>> => {
    for (const event of stored) {
      const fetching = aggregate.whole?.(event, blobOf)
      if (fetching !== undefined) await fetching
    }
    return foldOn(aggregate, fold, stored, rememberMs)
  }

  const begin = async <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    atMost?: number,
  ): Promise<Fold<State>> => {
    const { snapshot: codec } = aggregate
    const stored = codec === undefined ? undefined : await snapshots.latest(stream, codec.version, atMost)
    if (codec === undefined || stored === undefined) return emptyFold(aggregate)
    const fold = readSnapshot(codec, stored)
    return (await stands(stream, fold)) ? fold : emptyFold(aggregate)
  }

  const saveIfDue = async <State, Event extends Fact>(
    { snapshot: codec }: Aggregate<State, Event>,
    stream: string,
    before: Fold<State>,
    after: Fold<State>,
  ): Promise<void> => {
    if (codec === undefined || !isSnapshotDue(before.revision, after.revision, after.commands.size)) return
    // What a snapshot saves is time: where there is no room for one, nothing else fails for it.
    await snapshots.save(writeSnapshot(codec, stream, after)).catch(() => undefined)
  }

  const keep = <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    fold: Fold<State>,
  ): void => {
    const known = cache.get<State>(stream)
    if (known !== undefined && known.revision > fold.revision) return
    cache.set(stream, fold, aggregate.weigh(fold.state) + fold.commands.size * commandBytes)
  }

  const grow: Folds['grow'] = async (aggregate, stream, fold, stored) => {
    const grown = await foldWhole(aggregate, fold, stored)
    keep(aggregate, stream, grown)
    await saveIfDue(aggregate, stream, fold, grown)
    return grown
  }

  /** Folds everything the stream has beyond the cached fold; kept only when all is read, as readers trust what is cached. */
  const readOn = async <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
  ): Promise<Fold<State>> => {
    let fold = cache.get<State>(stream) ?? (await begin(aggregate, stream))
    let saved = fold
    for (let isWhole = false; !isWhole;) {
      const page = await events.readStream(stream, { from: fold.revision + 1, limit: pageEvents })
      fold = await foldWhole(aggregate, fold, page)
      isWhole = page.length < pageEvents
      if (!isWhole && fold.revision - saved.revision < longFoldEvents) continue
      await saveIfDue(aggregate, stream, saved, fold)
      saved = fold
    }
    keep(aggregate, stream, fold)
    return fold
  }

  const catchUp: typeof readOn = async (aggregate, stream) => {
    news.watch(stream)
    try {
      const fold = await readOn(aggregate, stream)
      news.found(stream, fold.revision)
      return fold
    } catch (error) {
      news.forget(stream)
      throw error
    }
  }

  const asHeard = <State>(stream: string): Fold<State> | undefined => {
    const fold = cache.get<State>(stream)
    return fold !== undefined && news.isLast(stream, fold.revision) ? fold : undefined
  }

  /** The cached fold, where it is heard to have all that the stream had at the call. */
  const known = async <State>(stream: string): Promise<Fold<State> | undefined> =>
    asHeard(stream) !== undefined && (await news.caughtUp()) ? asHeard(stream) : undefined

  const at: Folds['at'] = async (aggregate, stream, revision) => {
    let fold = await begin(aggregate, stream, revision)
    while (fold.revision < revision) {
      const limit = Math.min(pageEvents, revision - fold.revision)
      const page = await events.readStream(stream, { from: fold.revision + 1, limit })
      if (page.length === 0) break
      fold = await foldWhole(aggregate, fold, page)
    }
    return fold
  }

  return {
    cached: (stream) => cache.get(stream),
    settled: (stream) => (onTheWay.has(stream) ? undefined : cache.get(stream)),
    moving: (stream) => {
      onTheWay.add(stream)
      return () => void onTheWay.delete(stream)
    },
    fresh: async (aggregate, stream) => (await known(stream)) ?? share(stream, () => catchUp(aggregate, stream)),
    grow,
    at,
    forget: (stream) => {
      cache.delete(stream)
    },
  }
}
