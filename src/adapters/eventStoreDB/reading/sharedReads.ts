/** One read for all who asked before it began: appends that failed together are looked for together. */

export type SharedReads<Result> = (key: string, read: () => Promise<Result>) => Promise<Result>

export const createSharedReads = <Result>(): SharedReads<Result> => {
  /** Settled reads are no longer here; these never reject. */
  const running = new Map<string, Promise<void>>()
  const next = new Map<string, Promise<Result>>()

  const begin = async (key: string, read: () => Promise<Result>): Promise<Result> => {
    await running.get(key)
    next.delete(key)
    const reading = read()
    const over = reading.then(
      () => undefined,
      () => undefined,
    )
    running.set(key, over)
    try {
      return await reading
    } finally {
      if (running.get(key) === over) running.delete(key)
    }
  }

  return (key, read) => {
    const shared = next.get(key) ?? begin(key, read)
    next.set(key, shared)
    return shared
  }
}
