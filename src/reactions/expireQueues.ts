/** A fan-out queue that nobody has fetched for 90 days expires (docs/limits.md): its groups then require its leaves' removal. */
import { deleteQueue, queueAggregate } from '../commands/queue/queue.js'
import { serverAggregate } from '../commands/server/server.js'
import { queueStream } from '../events/queue.js'
import { serverStream } from '../events/server.js'
import type { Span } from '../events/server.js'
import type { Limits } from '../limits/limits.js'
import type { QueueView } from '../projections/queues/view.js'
import type { Sweep } from './rule.js'

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
    const { state } = await streams.read(serverAggregate, serverStream)
    const downtimes = state.status === 'new' ? [] : state.downtimes
    const since = servedSince(now, limits.queueUnfetchedMsMax, downtimes)
    for (const queue of await view.untouchedSince(since, queuesPerSweepMax)) {
      if (signal.aborted) return
      await streams.execute(queueAggregate, queueStream(queue), command(queue), deleteQueue('expired'))
    }
  },
})

/** Since when the server was up for `ms` in all: what it was down is nobody's neglect. `downtimes`: oldest first. */
export const servedSince = (now: number, ms: number, downtimes: readonly Span[]): number => {
  let left = ms
  let end = now
  for (const { from, until } of downtimes.toReversed()) {
    const upMs = end - until
    if (upMs >= left) break
    left -= Math.max(0, upMs)
    end = Math.min(end, from)
  }
  return end - left
}
