/** The port of the consumers: which process the consumer of a queue is connected to. */
import type { QueueId } from '../mls/wire/ids.js'

/** Who consumes a queue: the generation grows with every consumer, and the newest displaces the others. */
export type Consumer = { readonly process: string; readonly generation: number }

export type Consumers = {
  /** Makes `process` the consumer of a queue, the last one wins; answers its generation, higher than every other before. */
  consume(queue: QueueId, process: string): Promise<number>
  /** The consumers of those queues that have one, for holders to see whether they are displaced. */
  consumers(queues: readonly QueueId[]): Promise<ReadonlyMap<QueueId, Consumer>>
  /** Forgets the consumer of a queue, if that generation is still it; the next one's generation is higher all the same. */
  leave(queue: QueueId, generation: number): Promise<void>
  close(): Promise<void>
}
