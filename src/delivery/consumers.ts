/** Who consumes a queue when several processes serve one log: the newest does, and the others find out within seconds. */
import { newTurns } from '../structures/turns.js'
import type { QueueId } from '../mls/wire/ids.js'
import type { Clock } from '../ports/clock.js'
import type { Consumers } from '../ports/consumers.js'
import type { Logger } from '../ports/logger.js'

/** A consumer connected to this process. An older one than the newest anywhere is not believed. */
export type OwnConsumer = { readonly queue: QueueId; readonly generation: number }

export type OwnConsumers = {
  /** Makes this process the consumer of a queue; answers the generation that its acknowledgements carry. */
  take(queue: QueueId): Promise<number>
  /** Gives it up, if it is still ours. */
  leave(queue: QueueId, generation: number): Promise<void>
  /** The queues of these consumers that another process's newer one has overtaken. */
  overtaken(own: readonly OwnConsumer[]): Promise<ReadonlySet<QueueId>>
  /** Looks after the held queues every few seconds and tells of each that was overtaken. */
  run(displaced: (queue: QueueId) => void, signal: AbortSignal): Promise<void>
}

export type OwnConsumersDependencies = {
  readonly consumers: Pick<Consumers, 'consume' | 'consumers' | 'leave'>
  readonly process: string
  readonly clock: Clock
  readonly logger: Logger
}

const lookMs = 5_000

export const keepOwnConsumers = ({ consumers, process, clock, logger }: OwnConsumersDependencies): OwnConsumers => {
  const held = new Map<QueueId, number>()
  /** One after another for each queue, so that the newest consumer here also has the newest generation. */
  const turns = newTurns()

  const overtaken: OwnConsumers['overtaken'] = async (own) => {
    const newest = await consumers.consumers(own.map(({ queue }) => queue))
    const lost = own.filter(({ queue, generation }) => {
      const consumer = newest.get(queue)
      return consumer !== undefined && consumer.process !== process && consumer.generation > generation
    })
    return new Set(lost.map(({ queue }) => queue))
  }

  const look = async (displaced: (queue: QueueId) => void): Promise<void> => {
    const looked = new Map(held)
    if (looked.size === 0) return
    for (const queue of await overtaken([...looked].map(([queue, generation]) => ({ queue, generation })))) {
      if (held.get(queue) !== looked.get(queue)) continue
      held.delete(queue)
      displaced(queue)
    }
  }

  return {
    take: (queue) =>
      turns.take(queue, async () => {
        const generation = await consumers.consume(queue, process)
        held.set(queue, generation)
        return generation
      }),
    leave: (queue, generation) =>
      turns.take(queue, async () => {
        if (held.get(queue) === generation) held.delete(queue)
        await consumers.leave(queue, generation)
      }),
    overtaken,
    run: async (displaced, signal) => {
      while (!signal.aborted) {
        await clock.sleep(lookMs, signal)
        try {
          await look(displaced)
        } catch (error) {
          logger.warn('consumers not looked after', { error: String(error) })
        }
      }
    },
  }
}
