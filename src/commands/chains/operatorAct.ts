/**
 * What an operator does: first it is on record, then it is done. Both are commands whose ids derive from the request's, so
 * whoever asks again, or the server that starts after a crash between the two, finishes it and does nothing twice.
 */
import { digestAggregate, liftTakedown, takeDownDigest } from '../asset/takedown.js'
import { acceptClockAt, serverAggregate } from '../server/server.js'
import { operatorsAggregate, recordAct } from '../operators/operators.js'
import type { OnRecord, RecordAct } from '../operators/operators.js'
import { digestStream } from '../../events/digest.js'
import { operatorsStream } from '../../events/operators.js'
import { serverStream } from '../../events/server.js'
import { origin, toPosition } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import { derivedId } from '../../streams/commandId.js'
import type { CommandContext, Fact } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'

/** Where the act and its effect came to stand, so that whoever waits for it sees both. */
export type Done = { readonly position: Position; readonly at: number; readonly repeated: boolean }

/** Throws StoreUnavailable, StorageFull; what is on record by then is finished later. */
export const act = async (
  streams: Pick<Streams, 'execute'>,
  command: CommandContext,
  what: RecordAct,
): Promise<Done | Rejected> => {
  const outcome = await streams.execute(operatorsAggregate, operatorsStream, command, recordAct(what))
  if ('rejected' in outcome) return outcome
  const { position, at, repeated, recorded } = outcome
  let reached = position
  for (const { id, data } of recorded) {
    if ('number' in data) reached = toPosition(Math.max(reached, await perform(streams, data, { cause: id, at })))
  }
  return { position: reached, at, repeated }
}

/** `cause`: the event that has the act on record; `at`: when that was, ms. */
type Recorded = { readonly cause: string; readonly at: number }

/** The effect of an act on record; done before, nothing happens. Answers where it stands: at the origin where it had none. */
export const perform = async (
  streams: Pick<Streams, 'execute'>,
  { number, what }: OnRecord,
  { cause, at }: Recorded,
): Promise<Position> => {
  const command = { id: derivedId(cause, 'perform'), bodyHash: 'operator', at, cause }
  switch (what.type) {
    case 'takeDown': {
      const decide = takeDownDigest({ digest: what.digest, act: number })
      return placeOf(await streams.execute(digestAggregate, digestStream(what.digest), command, decide))
    }
    case 'liftTakedown': {
      const decide = liftTakedown({ digest: what.digest, act: number })
      return placeOf(await streams.execute(digestAggregate, digestStream(what.digest), command, decide))
    }
    // Done where they are on record, in the same append.
    case 'issueToken':
    case 'revokeToken':
      return origin
    case 'acceptClock':
      return placeOf(await streams.execute(serverAggregate, serverStream, command, acceptClockAt(at)))
  }
}

const placeOf = (effect: Outcome<unknown, Fact>): Position =>
  'rejected' in effect || effect.recorded.length === 0 ? origin : effect.position
