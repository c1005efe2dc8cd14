/** One read for all who asked for it before it began, by name; who comes during a read waits for the next one. */
import { newTurns } from './turns.js'

/** Answers what a read says that begins now or later. The caller knows what a name's reads answer: one name, one type. */
export type SharedReads = <T>(name: string, read: () => Promise<T>) => Promise<T>

export const sharedReads = (): SharedReads => {
  const turns = newTurns()
  /** Those that have not begun. */
  const next = new Map<string, Promise<unknown>>()

  const begin = <T>(name: string, read: () => Promise<T>): Promise<T> =>
    turns.take(name, () => {
      next.delete(name)
      return read()
    })

  return <T>(name: string, read: () => Promise<T>) => {
    const shared = (next.get(name) as Promise<T> | undefined) ?? begin(name, read)
    next.set(name, shared)
    return shared
  }
}
