/** Waiting for a store at start: for so long, and said when the reason changes and now and then, not at every try. */
import type { Config } from '../settings/config.js'
import type { Clock } from '../../ports/clock.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import type { Logger } from '../../ports/logger.js'
import { StartupProblem } from '../process/startupProblem.js'

export type StoreWaitWorld = {
  readonly clock: Clock
  readonly logger: Logger
  /** Told at every try why it failed. */
  readonly waiting?: (reason: string) => Promise<void>
}

const retryMs = 500
const sayAgainMs = 10_000

/** Tries until STORE_WAIT_S is over. Throws StartupProblem, for what waiting does not mend at once. */
export const patiently = async <T>(config: Config, world: StoreWaitWorld, open: () => Promise<T>): Promise<T> => {
  const { clock, waiting } = world
  const deadline = clock.now() + config.storeWaitMs
  const never = new AbortController().signal
  const say = saying(world)
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (error instanceof StartupProblem) throw error
      const reason = messageOf(error)
      if (!(error instanceof StoreUnavailable) || clock.now() >= deadline) throw new StartupProblem(69, reason)
      say(reason)
      await waiting?.(reason)
    }
    await clock.sleep(retryMs, never)
  }
}

const saying = ({ clock, logger }: StoreWaitWorld): ((reason: string) => void) => {
  let said: { readonly reason: string; readonly at: number } | undefined
  return (reason) => {
    if (said?.reason === reason && clock.now() - said.at < sayAgainMs) return
    said = { reason, at: clock.now() }
    logger.warn('waiting for a store', { reason })
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
