/** The consumers of a server that is one process, counted in memory. */
import type { QueueId } from '../../mls/wire/ids.js'
import type { Consumer, Consumers } from '../../ports/consumers.js'

export const openMemoryConsumers = (): Consumers => {
  const consumers = new Map<QueueId, Consumer>()
  const generations = new Map<QueueId, number>()
  return {
    consume: (queue, process) => {
      const generation = (generations.get(queue) ?? 0) + 1
      generations.set(queue, generation)
      consumers.set(queue, { process, generation })
      return Promise.resolve(generation)
    },
    consumers: (queues) => {
      const found = queues.flatMap((queue) => {
        const consumer = consumers.get(queue)
        return consumer === undefined ? [] : [[queue, consumer] as const]
      })
      return Promise.resolve(new Map(found))
    },
    leave: (queue, generation) => {
      if (consumers.get(queue)?.generation === generation) consumers.delete(queue)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
