/** One at a time per name: work waits for the work of the same name that was asked for before it, however that ended. */

export type Turns = {
  /** Answers, or throws, what the work does. */
  take<T>(name: string, work: () => Promise<T>): Promise<T>
}

export const newTurns = (): Turns => {
  const ends = new Map<string, Promise<void>>()
  return {
    take: async (name, work) => {
      const mine = (ends.get(name) ?? Promise.resolve()).then(work)
      const end = mine.then(ignore, ignore)
      ends.set(name, end)
      try {
        return await mine
      } finally {
        if (ends.get(name) === end) ends.delete(name)
      }
    },
  }
}

const ignore = (): void => undefined
