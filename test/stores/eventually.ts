/** Waiting for a condition with a deadline, in place of sleeping for a guessed time. */
import { setTimeout as pause } from 'node:timers/promises'

const pollMs = 20
/** For what must come on a machine that is busy too: whoever waits for it goes on as soon as it is there. */
const patienceMs = 90_000

/** The first result of `look` that is neither undefined nor false; a look that throws is looked at again. */
export const eventually = async <T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = patienceMs,
): Promise<T> => {
  const deadline = Date.now() + withinMs
  for (let failure: unknown; ;) {
    try {
      const found = await look()
      if (found !== undefined && found !== false) return found
    } catch (error) {
      failure = error
    }
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`, { cause: failure })
    await pause(pollMs)
  }
}
