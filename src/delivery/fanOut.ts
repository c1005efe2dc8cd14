/**
 * The live side: each event goes to the consumers it concerns, and what they were handed leaves when the pace says so. The
 * hottest path of the house: nothing here may ask the store, or everybody.
 */
import type { Position } from '../ports/position.js'
import { keepConnections } from './connections.js'
import type { Consumer, LiveConsumer } from './consumer.js'
import type { Delivered, LiveBatch } from './delivered.js'
import type { FlushPace } from './flushPace.js'
import type { HandOver } from './handOver.js'
import type { Recent } from './recent.js'
import { signalTail } from './signals/passOn.js'
import type { PassedSignal } from './signals/passOn.js'

export type FanOut = {
  /** `each` is told of every event once it has gone to whom it concerns. */
  deliver(batch: LiveBatch, each: (delivered: Delivered) => void): void
  /**
   * Makes a consumer live, in one instant: no other event comes between the last one replayed and the first live one.
   * False when the events above `checkpoint`, up to which it was pulled, are not all at hand, or are more than enough.
   */
  readonly join: (live: LiveConsumer, checkpoint: Position) => boolean
  leave(consumer: Consumer): void
  /** To who is live in the group and keeps up, now; what it is worth later, nobody keeps. Answers how many got it and how many not. */
  signal(signal: PassedSignal): { readonly told: number; readonly passedOver: number }
  /** How many are live. */
  size(): number
}

export type FanOutDependencies = {
  /** Where the log is followed from. */
  readonly start: Position
  readonly recent: Recent
  readonly handOver: HandOver
  readonly pace: FlushPace
  /** Told of a consumer that could not keep up and is live no more: the rest waits in the log, not in memory. */
  readonly fellBack: (consumer: Consumer) => void
}

export const makeFanOut = ({ start, recent, handOver, pace, fellBack }: FanOutDependencies): FanOut => {
  const connections = keepConnections<LiveConsumer>()
  /** Live already, but not yet told that the queue is empty. */
  const unannounced = new Set<Consumer>()
  /** Those that were handed something live since the last flush. */
  const unflushed = new Set<Consumer>()
  /** Up to where the log was delivered. */
  let position = start

  const leave = (consumer: Consumer): void => {
    unannounced.delete(consumer)
    if (consumer.live !== undefined) connections.remove(consumer.live)
    consumer.live = undefined
  }

  const deliverOne = (delivered: Delivered): void => {
    position = delivered.position
    recent.push(delivered)
    for (const live of connections.concernedBy(delivered)) {
      const { consumer } = live
      unflushed.add(consumer)
      const keepsUp = handOver.event(consumer, live.viewer, delivered)
      connections.moved(live, delivered)
      if (keepsUp) continue
      leave(consumer)
      fellBack(consumer)
    }
  }

  /** Once, when it is live and has come to where the log ended at its opening. */
  const announce = (consumer: Consumer): boolean => {
    const at = later(position, consumer.cursor)
    if (consumer.live === undefined || consumer.due === undefined || at < consumer.due) return false
    consumer.due = undefined
    unannounced.delete(consumer)
    consumer.outlet.queueEmpty(at)
    return true
  }

  const flushAll = (): void => {
    for (const consumer of unflushed) if (!consumer.over) consumer.outlet.flush()
    unflushed.clear()
  }

  const enter = (live: LiveConsumer): void => {
    const { consumer } = live
    consumer.live = live
    connections.add(live)
    if (consumer.due !== undefined && !announce(consumer)) unannounced.add(consumer)
  }

  const signal: FanOut['signal'] = ({ group, leafIndex, bytes }) => {
    const counts = { told: 0, passedOver: 0 }
    let tail: Buffer | undefined
    for (const { consumer, viewer } of connections.inGroup(group)) {
      if (!viewer.isBeside(group, leafIndex)) continue
      const taken = handOver.signal(consumer, (tail ??= signalTail(bytes)))
      if (taken) unflushed.add(consumer)
      counts[taken ? 'told' : 'passedOver']++
    }
    if (counts.told > 0) pace(flushAll)
    return counts
  }

  return {
    signal,
    deliver: ({ delivered, upTo }, each) => {
      for (const one of delivered) {
        deliverOne(one)
        each(one)
      }
      position = upTo
      for (const consumer of unannounced) if (announce(consumer)) unflushed.add(consumer)
      if (unflushed.size > 0) pace(flushAll)
    },
    join: (live, checkpoint) => {
      const missed = recent.above(checkpoint)
      if (missed === undefined) return false
      const { consumer, viewer } = live
      const kept = missed.every((delivered) => handOver.event(consumer, viewer, delivered))
      if (kept) enter(live)
      consumer.outlet.flush()
      return kept
    },
    leave,
    size: () => connections.size(),
  }
}

const later = (one: Position, other: Position): Position => (one > other ? one : other)
