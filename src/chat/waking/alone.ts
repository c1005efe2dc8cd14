/** One at a time has this browser's client: a page, or the service worker for as long as it looks what woke it. */

/** The name of the store, and of the lock on it. */
export const database = 'mls-chat'
/** Held by the service worker while it looks: it is done in seconds, and a page that begins meanwhile waits for it. */
const lookingLock = 'mls-chat-looking'
const lookMs = 20_000

/**
 * For the page: `work` has the client for as long as the page lives; where another page has it, `taken` is called instead. `waiting`:
 * the service worker has it.
 */
export const alone = async (
  work: () => Promise<void>,
  { taken, waiting }: { readonly taken: () => void; readonly waiting: () => void },
): Promise<void> => {
  const begin = async (lock: Lock | null): Promise<void> => {
    if (lock === null) taken()
    else {
      await work()
      await new Promise(() => undefined)
    }
  }
  if (!(await isLookedAt())) {
    await navigator.locks.request(database, { ifAvailable: true }, begin)
    return
  }
  waiting()
  await navigator.locks.request(database, { signal: AbortSignal.timeout(lookMs) }, begin).catch(unlessLate(taken))
}

const isLookedAt = async (): Promise<boolean> =>
  (await navigator.locks.query()).held?.some(({ name }) => name === lookingLock) === true

const unlessLate =
  (taken: () => void) =>
  (error: unknown): void => {
    if (!(error instanceof DOMException && error.name === 'TimeoutError')) throw error
    taken()
  }

/**
 * For the service worker: what `look` answers, or undefined where a page has the client. The signal says when it must be done, before
 * the browser ends it.
 */
export const lookAlone = async <T>(look: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> => {
  let seen: T | undefined
  await navigator.locks.request(lookingLock, async () => {
    await navigator.locks.request(database, { ifAvailable: true }, async (lock) => {
      if (lock !== null) seen = await look(AbortSignal.timeout(lookMs - 5_000))
    })
  })
  return seen
}
