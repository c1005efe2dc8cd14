/** An append of the port: attempts with the same ids and the same expectation until the outcome is known. */
import {
  appendEventsMax,
  StoreUnavailable,
  type Appended,
  type Expected,
  type NewEvent,
} from '../../../ports/eventStore.js'
import type { Position } from '../../../ports/position.js'
import { sharedReads } from '../../../structures/sharedReads.js'
import { serializeAppend, type SerializedEvent } from '../../serializedEvent.js'
import type { Answer } from './appendAnswer.js'
import type { BatchAppend } from './batchAppend.js'
import { createCallOrder, type Turn } from './callOrder.js'
import type { HighWater } from '../reading/highWater.js'
import type { Reads } from '../reading/reads.js'
import { positionOf, type RecordedEvent } from '../reading/recordedEvent.js'
import { Refused } from '../connection/refused.js'
import type { Retrying } from '../connection/retrying.js'

/** How far back a stream is searched for an append without an expectation whose answer was lost: twice the largest. */
const searchedEvents = 2 * appendEventsMax

export type AppendTools = {
  readonly batchAppend: BatchAppend
  readonly reads: Reads
  readonly retrying: Retrying
  readonly highWater: HighWater
}

type Batch = { readonly stream: string; readonly events: readonly SerializedEvent[]; readonly expected: Expected }

export const createAppend = ({ batchAppend, reads, retrying, highWater }: AppendTools) => {
  const searches = sharedReads()
  const order = createCallOrder()

  const append = async (stream: string, news: readonly NewEvent[], expected: Expected): Promise<Appended> => {
    const batch = { stream, events: serializeAppend(stream, news, expected), expected }
    const turn = order.enter(stream)
    let accepted = false
    try {
      const result = await retrying.within((failures) => attempt(batch, turn, failures))
      accepted = result.status === 'appended'
      return result
    } finally {
      turn.leave(accepted)
    }
  }

  const attempt = async (batch: Batch, turn: Turn, failures: number): Promise<Appended> => {
    const { stream, events, expected } = batch
    try {
      const others = turn.ready()
      if (others !== undefined) await others
      // The server knows a retry without an expectation only from a cache that dies with it.
      if (failures > 0 && expected === 'any') {
        const standing = await findStanding(stream, events)
        if (standing !== undefined) return standing
        if (turn.overtaken()) throw new Refused('appending: a later append to this stream was accepted')
      }
      const before = highWater.seen() ?? (await highWater.known())
      const answering = batchAppend.send({ ...batch, content: 'bytes', failed: turn.failed })
      turn.sent()
      return await conclude(stream, events, await answering, before)
    } catch (error) {
      if (error instanceof StoreUnavailable) turn.failed()
      throw error
    }
  }

  /**
   * An append that was written now stands above everything seen before it was sent, and at a place that no other append
   * was told; at any other place the server recognised a retry. Of that it may not say the position, so it is read.
   */
  const conclude = async (
    stream: string,
    events: readonly SerializedEvent[],
    answer: Answer,
    before: Position,
  ): Promise<Appended> => {
    if (answer.status === 'wrongRevision') return answer
    const { revision, position } = answer
    if (position !== undefined && position > before && highWater.claim(position))
      return { status: 'appended', position, revision, repeated: false }
    const [last] = await reads.stream(stream, revision, 1)
    if (last?.id === events.at(-1)?.id && last !== undefined) return repeated(last)
    // Truncated since; everything seen by now lies at or above it.
    return (
      (await findStanding(stream, events)) ?? {
        status: 'appended',
        position: position ?? (await highWater.known()),
        revision,
        repeated: true,
      }
    )
  }

  /** The first result of an append that stands near the end of its stream. */
  const findStanding = async (stream: string, events: readonly SerializedEvent[]): Promise<Appended | undefined> => {
    const newest = await searches(stream, () => reads.newest(stream, searchedEvents))
    const last = events.at(-1)
    const found = newest.findLast(({ id }) => id === last?.id)
    return found === undefined ? undefined : repeated(found)
  }

  return append
}

const repeated = (last: RecordedEvent): Appended => ({
  status: 'appended',
  position: positionOf(last),
  revision: last.revision,
  repeated: true,
})
