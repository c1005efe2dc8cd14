/** One read for all who asked for it before it began, by name; who comes during a read waits for the next one. */

/** Answers what a read says that begins now or later. The caller knows what a name's reads answer: one name, one type. */
export type SharedReads = <T>(name: string, read: () => Promise<T>) => Promise<T>

export const sharedReads = (): SharedReads => {
  /** Ends of the reads under way; these never reject. */
  const running = new Map<string, Promise<void>>()
  const next = new Map<string, Promise<unknown>>()

  const begin = async <T>(name: string, read: () => Promise<T>): Promise<T> => {
    await running.get(name)
    next.delete(name)
    const reading = read()
    const over = reading.then(ignore, ignore)
    running.set(name, over)
    try {
      return await reading
    } finally {
      if (running.get(name) === over) running.delete(name)
    }
  }

  return <T>(name: string, read: () => Promise<T>) => {
    const shared = (next.get(name) as Promise<T> | undefined) ?? begin(name, read)
    next.set(name, shared)
    return shared
  }
}

const ignore = (): void => undefined
