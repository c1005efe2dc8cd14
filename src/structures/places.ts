/** So many at once per name: work beyond that waits in line for a place, however the work before it ended. */

export type Places = {
  /** Answers, or throws, what the work does. */
  take<T>(name: string, work: () => Promise<T>): Promise<T>
}

type Line = { taken: number; readonly waiting: (() => void)[] }

/** `max`: as it is at the moment; whoever has a place keeps it. */
export const newPlaces = (max: () => number): Places => {
  const lines = new Map<string, Line>()

  const enter = async (name: string, line: Line): Promise<void> => {
    lines.set(name, line)
    if (line.taken < max()) line.taken++
    else await new Promise<void>((resolve) => line.waiting.push(resolve))
  }

  /** Whoever is next takes the place over. */
  const leave = (name: string, line: Line): void => {
    const next = line.waiting.shift()
    if (next !== undefined) next()
    else if (--line.taken === 0) lines.delete(name)
  }

  return {
    take: async (name, work) => {
      const line = lines.get(name) ?? { taken: 0, waiting: [] }
      await enter(name, line)
      try {
        return await work()
      } finally {
        leave(name, line)
      }
    },
  }
}
