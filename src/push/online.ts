/** Whose queue is being read by a live consumer right now, here or in another process that lives: nobody pushes to them. */
import type { QueueId } from '../mls/wire/ids.js'
import type { Consumers } from '../ports/consumers.js'

export type Online = (queues: readonly QueueId[]) => Promise<ReadonlySet<QueueId>>

export type OnlineDependencies = {
  readonly consumers: Pick<Consumers, 'consumers'>
  /** This process. */
  readonly holder: string
  /** Whether another process lives: one that was killed has left its consumers behind. */
  readonly lives: (process: string) => Promise<boolean>
}

export const onlineBy =
  ({ consumers, holder, lives }: OnlineDependencies): Online =>
  async (queues) => {
    if (queues.length === 0) return new Set()
    const found = await consumers.consumers(queues)
    const living = new Set<string>()
    for (const process of new Set(Array.from(found.values(), (one) => one.process)))
      if (process === holder || (await lives(process))) living.add(process)
    return new Set([...found].flatMap(([queue, { process }]) => (living.has(process) ? [queue] : [])))
  }
