/** Who consumes a queue when several processes serve one log: the newest does, and the others find out (stores.md). */
import type { QueueId } from '../mls/wire/ids.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Processes } from '../ports/processes.js'

export type Claims = {
  /** Makes this process the consumer of a queue; answers the generation that its acknowledgements carry. */
  take(queue: QueueId): Promise<number>
  /** Gives it up, if it is still ours. */
  leave(queue: QueueId, generation: number): Promise<void>
  /** Of these claims, those that another process's newer consumer has overtaken. */
  overtaken(claims: readonly { readonly queue: QueueId; readonly generation: number }[]): Promise<ReadonlySet<QueueId>>
  /** Looks after the held ones every few seconds and tells of each that was overtaken. */
  run(displaced: (queue: QueueId) => void, signal: AbortSignal): Promise<void>
}

export type ClaimsDependencies = {
  readonly processes: Pick<Processes, 'consume' | 'consumers' | 'leave'>
  readonly process: string
  readonly clock: Clock
  readonly logger: Logger
}

const lookMs = 5_000

export const makeClaims = ({ processes, process, clock, logger }: ClaimsDependencies): Claims => {
  const held = new Map<QueueId, number>()
  const turns = new Map<QueueId, Promise<unknown>>()

  /** One after another for each queue, so that the newest consumer here also has the newest generation. */
  const inTurn = async <T>(queue: QueueId, work: () => Promise<T>): Promise<T> => {
    const mine = (turns.get(queue) ?? Promise.resolve()).then(work, work)
    turns.set(queue, mine)
    try {
      return await mine
    } finally {
      if (turns.get(queue) === mine) turns.delete(queue)
    }
  }

  const overtaken: Claims['overtaken'] = async (claims) => {
    const now = await processes.consumers(claims.map(({ queue }) => queue))
    const newer = claims.filter(({ queue, generation }) => {
      const consumer = now.get(queue)
      return consumer !== undefined && consumer.process !== process && consumer.generation > generation
    })
    return new Set(newer.map(({ queue }) => queue))
  }

  const look = async (displaced: (queue: QueueId) => void): Promise<void> => {
    const claims = [...held].map(([queue, generation]) => ({ queue, generation }))
    if (claims.length === 0) return
    for (const queue of await overtaken(claims)) {
      if (held.get(queue) !== claims.find((claim) => claim.queue === queue)?.generation) continue
      held.delete(queue)
      displaced(queue)
    }
  }

  return {
    take: (queue) =>
      inTurn(queue, async () => {
        const generation = await processes.consume(queue, process)
        held.set(queue, generation)
        return generation
      }),
    leave: (queue, generation) =>
      inTurn(queue, async () => {
        if (held.get(queue) === generation) held.delete(queue)
        await processes.leave(queue, generation)
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
