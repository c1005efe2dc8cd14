/** What the queues of this process acknowledge: in force at once, and kept until it is written. Without time, store or loop. */
import type { QueueId } from '../mls/wire/ids.js'

export type Acknowledgement = {
  readonly queue: QueueId
  readonly upTo: number
  /** Of the consumer that said so over a connection; undefined where no other can have overtaken it. */
  readonly generation: number | undefined
}

export type Heard = {
  /** Less than before changes nothing. */
  acknowledge(said: Acknowledgement): void
  /** What the queue acknowledged is to be written again, be it no more than `upTo`, which the log knows. */
  repeat(queue: QueueId, upTo: number): void
  /** 0 when nothing was heard. */
  acknowledged(queue: QueueId): number
  /** How many wait to be written, and the first so many of them. */
  waiting(): number
  next(count: number): readonly Acknowledgement[]
  /** These are in the log; what was heard of their queues meanwhile waits on. */
  written(batch: readonly Acknowledgement[]): void
  /** These were said by consumers that are no more believed; so is nothing else that they said. */
  takeBack(batch: readonly Acknowledgement[]): void
}

/** Queues whose position is remembered here once it is written, the least recently heard of forgotten first. */
const rememberedMax = 100_000

export const keepHeard = (): Heard => {
  const remembered = new Map<QueueId, number>()
  const gathered = new Map<QueueId, Acknowledgement>()

  const acknowledged = (queue: QueueId): number => remembered.get(queue) ?? 0

  const remember = (queue: QueueId, upTo: number): void => {
    remembered.delete(queue)
    remembered.set(queue, upTo)
    if (remembered.size <= rememberedMax) return
    for (const oldest of remembered.keys()) {
      if (remembered.size <= rememberedMax || gathered.has(oldest)) break
      remembered.delete(oldest)
    }
  }

  const written: Heard['written'] = (batch) => {
    for (const one of batch) if (gathered.get(one.queue) === one) gathered.delete(one.queue)
  }

  return {
    acknowledge: (said) => {
      if (said.upTo <= acknowledged(said.queue)) return
      gathered.set(said.queue, said)
      remember(said.queue, said.upTo)
    },
    repeat: (queue, upTo) => {
      if (gathered.has(queue)) return
      gathered.set(queue, { queue, upTo: Math.max(upTo, acknowledged(queue)), generation: undefined })
    },
    acknowledged,
    waiting: () => gathered.size,
    next: (count) => [...gathered.values()].slice(0, count),
    written,
    takeBack: (batch) => {
      written(batch)
      for (const { queue } of batch) remembered.delete(queue)
    },
  }
}
