/**
 * The one effect of the command side: read a stream, fold it (cached), decide, append, and try again when another
 * process was faster. Commands of one stream run one after another; a known command id is answered with its first result.
 */
import { StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Position } from '../ports/position.js'
import type { Snapshots } from '../ports/snapshots.js'
import { newTurns } from '../structures/turns.js'
import { appendAt, appendedBefore, appendOnce } from './appendOnce.js'
import type { Commanded } from './appendOnce.js'
import { attempt } from './attempt.js'
import type { Asked, AttemptDependencies } from './attempt.js'
import type { Aggregate, BlobOf, CommandContext, Decide, Fact } from './decider.js'
import type { Fold } from './fold.js'
import { makeFolds } from './folds.js'
import { byNameIn } from './namesInLog.js'
import type { Outcome } from './outcome.js'
import type { Rejected } from './rejection.js'

export type Streams = {
  /**
   * Runs a decider on a stream and appends what it accepts, expecting the revision it decided on.
   * Throws StoreUnavailable, StorageFull, UnreadableEvent.
   */
  execute<State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    command: CommandContext,
    decide: Decide<State, Event>,
  ): Promise<Outcome<State, Event>>
  /** The state of a stream now: not older than the moment of the call, whichever process appended. */
  read<State, Event extends Fact>(aggregate: Aggregate<State, Event>, stream: string): Promise<Fold<State>>
  /** Whether a command is answered from what it recorded before: then it is nobody's budget but that of repeats. */
  knows<State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    command: Pick<CommandContext, 'id'>,
  ): Promise<boolean>
  /** The state as it was at a revision, from the nearest snapshot. */
  readAt<State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    revision: number,
  ): Promise<State>
  /**
   * Appends one event to a stream that is never folded, with no expectation. The same command id again answers the
   * first position; with another body it is refused. `event`: may be made of the time that it gets.
   */
  append<Event extends Fact>(
    aggregate: Pick<Aggregate<unknown, Event>, 'shapes'>,
    stream: string,
    command: CommandContext,
    event: Event | ((at: number) => Event),
  ): Promise<Rejected | { readonly position: Position; readonly at: number; readonly repeated: boolean }>
  /**
   * The same where exactly this revision is the stream's last ('none': it has none), of several commands: all of them or none.
   * 'elsewhere' when it is another, and their events do not stand there already. `revision` and `position` are the last one's.
   */
  appendAt<Event extends Fact>(
    aggregate: Pick<Aggregate<unknown, Event>, 'shapes'>,
    stream: string,
    commanded: readonly Commanded<Event>[],
    expected: 'none' | number,
  ): Promise<'elsewhere' | { readonly position: Position; readonly revision: number }>
  /** What `append` answers a command that it answered before; undefined: one that is new. */
  appended(
    stream: string,
    command: Pick<CommandContext, 'id' | 'bodyHash'>,
  ): Promise<Rejected | { readonly position: Position; readonly at: number; readonly repeated: boolean } | undefined>
}

export type StreamsDependencies = {
  readonly events: EventStore
  readonly snapshots: Snapshots
  /** Where folds find what their events name by digest; without it such an event is unreadable. */
  readonly blobOf?: BlobOf
  /** Bound of the folds kept in memory. */
  readonly cacheBytesMax: number
  /** Waits before the nth retry, with jitter. */
  readonly pause: (attempt: number) => Promise<void>
  /** How long a command is answered with its first result; a day unless told otherwise (docs/limits.md). */
  readonly rememberMs?: number
  /** The least that a new event's time may be, ms: a clock that fell back must not make facts look old. */
  readonly earliest?: () => number
}

/** Attempts against other processes before a command gives up with StoreUnavailable. */
const attemptsMax = 20
const noBlobs: BlobOf = () => Promise.resolve(undefined)
const dayMs = 24 * 60 * 60 * 1_000

export const makeStreams = (dependencies: StreamsDependencies): Streams => {
  const { events, snapshots, blobOf = noBlobs, cacheBytesMax, pause, rememberMs = dayMs, earliest } = dependencies
  const folds = makeFolds({ events, snapshots, blobOf, cacheBytesMax, rememberMs })
  const turns = newTurns()
  /** What is kept by the name of a stream is kept by that in the log, which is what is heard of it. */
  const at = byNameIn(events)
  const readNamed = async <State, Event extends Fact>(
    aggregate: Aggregate<State, Event>,
    name: string,
  ): Promise<Fold<State>> =>
    (events.exclusive ? folds.settled<never>(name) : undefined) ?? (await folds.fresh(aggregate, name))
  const inTime = (command: CommandContext): CommandContext => {
    const least = earliest?.() ?? command.at
    return least > command.at ? { ...command, at: least } : command
  }
  return {
    execute: (aggregate, stream, command, decide) =>
      at(stream, (name) =>
        turns.take(name, () =>
          persist({ events, folds, pause }, { aggregate, stream: name, command: inTime(command), decide }),
        ),
      ),
    read: (aggregate, stream) => at(stream, (name) => readNamed(aggregate, name)),
    // What was done stays done: a fold of any age may say so.
    knows: (aggregate, stream, { id }) =>
      at(
        stream,
        async (name) =>
          folds.cached(name)?.commands.has(id) === true || (await readNamed(aggregate, name)).commands.has(id),
      ),
    readAt: (aggregate, stream, revision) =>
      at(stream, async (name) => (await folds.at(aggregate, name, revision)).state),
    append: (aggregate, stream, command, event) =>
      at(stream, (name) => {
        const timed = inTime(command)
        return appendOnce(events, aggregate, name, timed, typeof event === 'function' ? event(timed.at) : event)
      }),
    appendAt: (aggregate, stream, commanded, expected) =>
      at(stream, (name) => {
        const timed = commanded.map(({ command, event }) => ({ command: inTime(command), event }))
        return appendAt(events, aggregate, name, timed, expected)
      }),
    appended: (stream, command) => at(stream, (name) => appendedBefore(events, name, command)),
  }
}

/** Tries until it is decided on what the stream has; only the second loss in a row makes it wait. */
const persist = async <State, Event extends Fact>(
  deps: AttemptDependencies & Pick<StreamsDependencies, 'pause'>,
  asked: Asked<State, Event>,
): Promise<Outcome<State, Event>> => {
  try {
    for (let attempts = 0; attempts < attemptsMax; attempts++) {
      if (attempts > 1) await deps.pause(attempts)
      const outcome = await attempt(deps, asked, attempts === 0 ? 'cached' : 'fresh')
      if (outcome !== 'stale') return outcome
    }
  } catch (error) {
    deps.folds.forget(asked.stream)
    throw error
  }
  throw new StoreUnavailable(`${asked.stream} is too contended`)
}
