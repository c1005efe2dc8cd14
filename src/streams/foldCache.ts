/** The folds kept in memory, least recently used first to go, bounded in bytes. */
import { LRUCache } from 'lru-cache'
import type { Fold } from './fold.js'

export type FoldCache = {
  /** The caller knows the state's type by the stream: one category, one aggregate. */
  get<State>(stream: string): Fold<State> | undefined
  /** `weight`: about how many bytes it takes. The newest is kept whatever it weighs. */
  set(stream: string, fold: Fold<unknown>, weight: number): void
  delete(stream: string): void
}

/** `gone` is told of each that is kept no more. */
export const foldCache = (bytesMax: number, gone: (stream: string) => void = () => undefined): FoldCache => {
  const folds = new LRUCache<string, Fold<unknown>>({
    maxSize: bytesMax,
    dispose: (_, stream, reason) => {
      if (reason !== 'set') gone(stream)
    },
  })
  return {
    get: <State>(stream: string) => folds.get(stream) as Fold<State> | undefined,
    set: (stream, fold, weight) => {
      folds.set(stream, fold, { size: Math.min(Math.ceil(weight), bytesMax) })
    },
    delete: (stream) => {
      folds.delete(stream)
    },
  }
}
