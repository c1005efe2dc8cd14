/**
 * The one effect of the command side: read a stream, fold it (cached), decide, append, and try again when another
 * process was faster. Commands of one stream run one after another; a known command id is answered with its first result.
 */
import { StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore, NewEvent, StoredEvent } from '../ports/eventStore.js'
import { origin } from '../ports/position.js'
import type { Position } from '../ports/position.js'
import type { Snapshots } from '../ports/snapshots.js'
import type { Aggregate, CommandContext, Decision, Fact, Place } from './decider.js'
import { foldCache } from './foldCache.js'
import { knownCommand, readSnapshot, rememberCommand, writeSnapshot } from './fold.js'
import type { Fold } from './fold.js'
import { eventMaker } from './newEvent.js'
import type { Rejected } from './rejection.js'

/** An event as it was recorded. */
export type Recorded<Event extends Fact> = Event & { readonly position: Position; readonly id: string }

export type Outcome<State, Event extends Fact> =
  | Rejected
  | {
      readonly recorded: readonly Recorded<Event>[]
      /** Up to where a reader must see to see this command's effect. */
      readonly position: Position
      readonly state: State
      /** The command had been accepted before: these are its first events. */
      readonly repeated: boolean
    }

export type Streams = {
  /**
   * Runs a decider on a stream and appends what it accepts, expecting the revision it decided on.
   * Throws StoreUnavailable, StorageFull, UnreadableEvent.
   */
  execute<State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    command: CommandContext,
    decide: (state: State) => Decision<Event>,
  ): Promise<Outcome<State, Event>>
  /** The state of a stream now: not older than the moment of the call, whichever process appended. */
  read<State, Event extends Fact>(aggregate: Aggregate<State, Event>, stream: string): Promise<Fold<State>>
  /** The state as it was at a revision, from the nearest snapshot. */
  readAt<State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    revision: number,
  ): Promise<State>
  /**
   * Appends one event to a stream that is never folded, with no expectation. The same command id again answers the
   * first position; with another body it is refused.
   */
  append<Event extends Fact>(
    aggregate: Pick<Aggregate<unknown, Event>, 'shapes'>,
    stream: string,
    command: CommandContext,
    event: Event,
  ): Promise<Rejected | { readonly position: Position; readonly repeated: boolean }>
}

/** Attempts against other processes before a command gives up with StoreUnavailable. */
const attemptsMax = 20
const snapshotEvery = 64
const pageEvents = 500
const dayMs = 24 * 60 * 60 * 1_000

export type StreamsDependencies = {
  readonly events: EventStore
  readonly snapshots: Snapshots
  /** Bound of the folds kept in memory. */
  readonly cacheBytesMax: number
  /** Waits before the nth retry, with jitter. */
  readonly pause: (attempt: number) => Promise<void>
  /** How long a command is answered with its first result; a day unless told otherwise (docs/limits.md). */
  readonly rememberMs?: number
}

export const makeStreams = (dependencies: StreamsDependencies): Streams => {
  const { events, snapshots, cacheBytesMax, pause, rememberMs = dayMs } = dependencies
  const cache = foldCache(cacheBytesMax)
  const newEvent = eventMaker()
  const turns = new Map<string, Promise<unknown>>()
  const refreshes = new Map<string, { running: Promise<unknown>; next: Promise<unknown> | undefined }>()

  /** Runs work of one stream one after another. */
  const inTurn = async <T>(stream: string, work: () => Promise<T>): Promise<T> => {
    const before = turns.get(stream) ?? Promise.resolve()
    const mine = before.then(work, work)
    const settled = mine.then(
      () => undefined,
      () => undefined,
    )
    turns.set(stream, settled)
    try {
      return await mine
    } finally {
      if (turns.get(stream) === settled) turns.delete(stream)
    }
  }

  const begin = async <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    atMost?: number,
  ): Promise<Fold<State>> => {
    const empty: Fold<State> = { state: aggregate.initial, revision: -1, position: origin, commands: new Map() }
    if (aggregate.snapshot === undefined) return empty
    const stored = await snapshots.latest(stream, aggregate.snapshot.version, atMost)
    return stored === undefined ? empty : readSnapshot(aggregate.snapshot, stored)
  }

  const foldOn = <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    fold: Fold<State>,
    stored: readonly StoredEvent[],
  ): Fold<State> => {
    let { state, revision, position } = fold
    for (const event of stored) {
      const parsed = aggregate.parse(event)
      const place: Place = { revision: event.revision, at: event.meta.at }
      if (parsed.type !== 'Erased') state = aggregate.evolve(state, parsed as Event, place)
      rememberCommand(fold.commands, event, rememberMs)
      revision = event.revision
      position = event.position
    }
    return { state, revision, position, commands: fold.commands }
  }

  /** Folds everything the stream has beyond the cached fold. */
  const catchUp = async <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
  ): Promise<Fold<State>> => {
    let fold = cache.get<State>(stream) ?? (await begin(aggregate, stream))
    for (;;) {
      const page = await events.readStream(stream, { from: fold.revision + 1, limit: pageEvents })
      const before = fold.revision
      fold = foldOn(aggregate, fold, page)
      await snapshotIfDue(aggregate, stream, before, fold)
      if (page.length < pageEvents) break
    }
    keep(aggregate, stream, fold)
    return fold
  }

  /** One read is shared by all callers that arrived before it began; a caller during a read waits for the next one. */
  const refresh = async <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
  ): Promise<Fold<State>> => {
    const waiting = refreshes.get(stream)
    if (waiting === undefined) {
      const running = catchUp(aggregate, stream)
      const entry: { running: Promise<unknown>; next: Promise<unknown> | undefined } = { running, next: undefined }
      refreshes.set(stream, entry)
      try {
        return await running
      } finally {
        if (refreshes.get(stream) === entry && entry.next === undefined) refreshes.delete(stream)
      }
    }
    waiting.next ??= waiting.running
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        refreshes.delete(stream)
        return refresh(aggregate, stream)
      })
    return (await waiting.next) as Fold<State>
  }

  const keep = <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    fold: Fold<State>,
  ): void => {
    const known = cache.get<State>(stream)
    if (known === undefined || known.revision <= fold.revision) {
      cache.set(stream, fold, aggregate.weigh(fold.state) + fold.commands.size * 200)
    }
  }

  const snapshotIfDue = async <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    before: number,
    fold: Fold<State>,
  ): Promise<void> => {
    if (aggregate.snapshot === undefined) return
    if (Math.floor((before + 1) / snapshotEvery) === Math.floor((fold.revision + 1) / snapshotEvery)) return
    await snapshots.save(writeSnapshot(aggregate.snapshot, stream, fold))
  }

  const known = async <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    command: CommandContext,
    fold: Fold<State>,
  ): Promise<Outcome<State, Event> | undefined> => {
    const first = knownCommand(fold, command.id)
    if (first === undefined) return undefined
    if (!sameBody(first, command)) return { rejected: { code: 'idempotency-mismatch' } }
    return firstResult(aggregate, stream, command, fold, first)
  }

  /** What a command recorded when it came first, for the same body only. */
  const firstResult = async <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    command: CommandContext,
    fold: Fold<State>,
    { revision, count }: { readonly revision: number; readonly count: number },
  ): Promise<Outcome<State, Event>> => {
    const stored = await events.readStream(stream, { from: revision, limit: count })
    if (stored.some(({ meta }) => !sameBody(meta, command))) {
      return { rejected: { code: 'idempotency-mismatch' } }
    }
    const recorded = stored.flatMap((event) => {
      const parsed = aggregate.parse(event)
      return parsed.type === 'Erased' ? [] : [{ ...(parsed as Event), position: event.position, id: event.id }]
    })
    const position = stored.at(-1)?.position ?? fold.position
    return { recorded, position, state: fold.state, repeated: true }
  }

  const attempt = async <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    command: CommandContext,
    decide: (state: State) => Decision<Event>,
    fresh: boolean,
  ): Promise<Outcome<State, Event> | 'stale'> => {
    const cached = fresh ? undefined : cache.get<State>(stream)
    const fold = cached ?? (await refresh(aggregate, stream))
    const repeated = await known(aggregate, stream, command, fold)
    if (repeated !== undefined) return repeated
    const decision = decide(fold.state)
    if ('rejected' in decision) {
      return cached !== undefined && !events.exclusive ? 'stale' : decision
    }
    if (decision.accepted.length === 0) {
      return { recorded: [], position: fold.position, state: fold.state, repeated: false }
    }
    const news = decision.accepted.map((event, index) => newEvent(aggregate.shapes, stream, command, event, index))
    // A fact that its own parser refuses would close the stream for ever: the bug must show before it is written.
    news.forEach((event) => aggregate.parse(event))
    const expected = fold.revision < 0 ? 'none' : fold.revision
    const appended = await events.append(stream, news, expected)
    if (appended.status === 'wrongRevision') {
      // Nothing else has come: some of these ids stand further back, of a forgotten command that recorded otherwise.
      return appended.actual === expected ? { rejected: { code: 'idempotency-mismatch' } } : 'stale'
    }
    // Ours stood there already, written by an attempt whose answer was lost: what stands is the answer, so it is folded.
    if (appended.repeated && appended.revision > fold.revision) return 'stale'
    if (appended.revision <= fold.revision) {
      // A command forgotten here whose events stand further back: what was just decided did not happen.
      const revision = appended.revision - news.length + 1
      return firstResult(aggregate, stream, command, fold, { revision, count: news.length })
    }
    return record(aggregate, stream, fold, news, decision.accepted, appended)
  }

  /** Folds our own events without reading them back, where nothing else can stand between. */
  const record = async <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    fold: Fold<State>,
    news: readonly NewEvent[],
    accepted: readonly Event[],
    appended: { readonly position: Position; readonly revision: number },
  ): Promise<Outcome<State, Event>> => {
    const stored = news.map((event, index) => ({
      ...event,
      stream,
      revision: fold.revision + 1 + index,
      position: appended.position,
    }))
    const next = foldOn(aggregate, fold, stored)
    keep(aggregate, stream, next)
    await snapshotIfDue(aggregate, stream, fold.revision, next)
    const recorded = accepted.map((event, index) => ({
      ...event,
      position: appended.position,
      id: news[index]?.id ?? '',
    }))
    return { recorded, position: appended.position, state: next.state, repeated: false }
  }

  const execute: Streams['execute'] = (aggregate, stream, command, decide) =>
    inTurn(stream, async () => {
      try {
        for (let attempts = 0; attempts < attemptsMax; attempts++) {
          if (attempts > 1) await pause(attempts)
          const outcome = await attempt(aggregate, stream, command, decide, attempts > 0)
          if (outcome !== 'stale') return outcome
        }
      } catch (error) {
        cache.delete(stream)
        throw error
      }
      throw new StoreUnavailable(`${stream} is too contended`)
    })

  const read: Streams['read'] = async (aggregate, stream) => {
    const cached = events.exclusive ? cache.get<never>(stream) : undefined
    return cached ?? (await refresh(aggregate, stream))
  }

  const readAt: Streams['readAt'] = async (aggregate, stream, revision) => {
    let fold = await begin(aggregate, stream, revision)
    while (fold.revision < revision) {
      const limit = Math.min(pageEvents, revision - fold.revision)
      const page = await events.readStream(stream, { from: fold.revision + 1, limit })
      if (page.length === 0) break
      fold = foldOn(aggregate, fold, page)
    }
    return fold.state
  }

  const append: Streams['append'] = async (aggregate, stream, command, event) => {
    const only = newEvent(aggregate.shapes, stream, command, event, 0)
    const appended = await events.append(stream, [only], 'any')
    if (appended.status === 'wrongRevision') throw new StoreUnavailable(`${stream}: 'any' was refused`)
    if (appended.repeated) {
      const [first] = await events.readStream(stream, { from: appended.revision, limit: 1 })
      if (first !== undefined && !sameBody(first.meta, command)) {
        return { rejected: { code: 'idempotency-mismatch' } }
      }
    }
    return { position: appended.position, repeated: appended.repeated }
  }

  return { execute, read, readAt, append }
}

/** Of what was erased nobody can say any more that it was another. */
const sameBody = (known: { readonly bodyHash?: string | undefined }, asked: CommandContext): boolean =>
  known.bodyHash === undefined || known.bodyHash === asked.bodyHash
