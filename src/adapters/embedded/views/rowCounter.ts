/** How many rows read models have, counted by a thread of its own, which is started when somebody first asks. */
import { StoreUnavailable } from '../../../ports/eventStore.js'
import { startThread, type Thread } from '../thread.js'
import type { CountAnswer, CountRequest } from './viewMessages.js'

export type RowCounter = {
  /** Rows of each of these tables. Throws StoreUnavailable. */
  readonly count: (file: string, tables: readonly string[]) => Promise<{ readonly [table: string]: number }>
  /** To be awaited before whatever lies there goes. */
  readonly forget: (file: string) => Promise<void>
  readonly close: () => Promise<void>
}

export const rowCounter = (): RowCounter => {
  let thread: Promise<Thread<CountRequest, CountAnswer>> | undefined
  const started = (): NonNullable<typeof thread> =>
    (thread ??= startThread(new URL('./countWorker.js', import.meta.url)))
  return {
    count: async (file, tables) => {
      const answer = await (await started()).ask({ type: 'count', file, tables })
      if (typeof answer === 'object' && 'counted' in answer) return answer.counted
      throw new StoreUnavailable(answer === 'done' ? 'nothing was counted' : answer.reason)
    },
    forget: async (file) => {
      // One that has ended holds no file.
      await (await thread)?.ask({ type: 'forget', file }).catch(() => undefined)
    },
    close: async () => {
      await (await thread)?.end({ type: 'close' })
    },
  }
}
