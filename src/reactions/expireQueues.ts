/** A fan-out queue that nobody has fetched for 90 days expires (docs/limits.md): its groups then require its leaves' removal. */
import { deleteQueue, queueAggregate } from '../commands/queue/queue.js'
import { queueStream } from '../events/queue.js'
import type { Limits } from '../limits/limits.js'
import type { QueueView } from '../projections/queues/view.js'
import type { Sweep } from './rule.js'
import { servedFor } from './servedTime.js'

export type ExpireQueuesDependencies = {
  readonly view: Pick<QueueView, 'untouchedSince'>
  readonly limits: Pick<Limits, 'queueUnfetchedMsMax'>
}

const everyMs = 60 * 60 * 1_000
const queuesPerSweepMax = 500

/** What counts as fetching is in the log: acknowledgements, which a fetch repeats once a day (commands/acknowledgements.ts). */
export const expireQueues = ({ view, limits }: ExpireQueuesDependencies): Sweep => ({
  name: 'expireQueues',
  everyMs,
  sweep: async ({ streams, command, now, signal }) => {
    const since = await servedFor(streams, limits.queueUnfetchedMsMax, now)
    for (const queue of await view.untouchedSince(since, queuesPerSweepMax)) {
      if (signal.aborted) return
      await streams.execute(queueAggregate, queueStream(queue), command(queue), deleteQueue('expired'))
    }
  },
})
