/** The processes of a server that is one process: itself, and the consumers it counts. */
import type { QueueId } from '../../mls/wire/ids.js'
import type { Consumer, Process, Processes } from '../../ports/processes.js'

export const openMemoryProcesses = (): Processes => {
  const alive = new Map<string, Process>()
  const consumers = new Map<QueueId, Consumer>()
  const generations = new Map<QueueId, number>()
  return {
    announce: (process) => {
      alive.set(process.process, process)
      return Promise.resolve()
    },
    list: () => Promise.resolve([...alive.values()]),
    withdraw: (process) => {
      alive.delete(process)
      return Promise.resolve()
    },
    consume: (queue, process) => {
      const generation = (generations.get(queue) ?? 0) + 1
      generations.set(queue, generation)
      consumers.set(queue, { process, generation })
      return Promise.resolve(generation)
    },
    consumers: (queues) =>
      Promise.resolve(
        new Map(
          queues.flatMap((queue) => {
            const consumer = consumers.get(queue)
            return consumer === undefined ? [] : [[queue, consumer] as const]
          }),
        ),
      ),
    leave: (queue, generation) => {
      if (consumers.get(queue)?.generation === generation) consumers.delete(queue)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
