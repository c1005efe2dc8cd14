/** How much was read from the queues, for whoever waits for their end. */

/** `read`: items since the waiting began; told after each page. */
export type OnProgress = (progress: { readonly read: number }) => void

export type Reading = {
  readonly add: (items: number) => void
  /** Until the answered function is called. */
  readonly watch: (onProgress: OnProgress) => () => void
}

export const newReading = (): Reading => {
  const watchers = new Set<(items: number) => void>()
  return {
    add: (items) => {
      for (const watcher of watchers) watcher(items)
    },
    watch: (onProgress) => {
      let read = 0
      const watcher = (items: number): void => {
        read += items
        onProgress({ read })
      }
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
  }
}
