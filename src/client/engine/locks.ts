/** One at a time per name: what touches a group's state waits for what touched it before. */

export type Locks = { readonly hold: <T>(name: string, run: () => Promise<T>) => Promise<T> }

export const newLocks = (): Locks => {
  const tails = new Map<string, Promise<unknown>>()
  return {
    hold: (name, run) => {
      const held = (tails.get(name) ?? Promise.resolve()).then(run)
      const tail = held.catch(() => undefined)
      tails.set(name, tail)
      void tail.then(() => {
        if (tails.get(name) === tail) tails.delete(name)
      })
      return held
    },
  }
}
