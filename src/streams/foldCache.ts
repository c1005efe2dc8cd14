/** The folds kept in memory, least recently used first to go, bounded in bytes. */
import type { Fold } from './fold.js'

type Entry = { readonly fold: Fold<unknown>; readonly weight: number }

export type FoldCache = {
  /** The caller knows the state's type by the stream: one category, one aggregate. */
  get<State>(stream: string): Fold<State> | undefined
  set(stream: string, fold: Fold<unknown>, weight: number): void
  delete(stream: string): void
}

export const foldCache = (bytesMax: number): FoldCache => {
  const entries = new Map<string, Entry>()
  let bytes = 0

  const remove = (stream: string): void => {
    const entry = entries.get(stream)
    if (entry === undefined) return
    bytes -= entry.weight
    entries.delete(stream)
  }

  return {
    get: <State>(stream: string) => {
      const entry = entries.get(stream)
      if (entry === undefined) return undefined
      entries.delete(stream)
      entries.set(stream, entry)
      return entry.fold as Fold<State>
    },
    set: (stream, fold, weight) => {
      remove(stream)
      entries.set(stream, { fold, weight })
      bytes += weight
      for (const oldest of entries.keys()) {
        if (bytes <= bytesMax || oldest === stream) break
        remove(oldest)
      }
    },
    delete: remove,
  }
}
