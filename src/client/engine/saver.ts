/** Collects what changed and writes it as one: states, cursors and unread events never come apart in a crash. */
import type { Change, Store } from '../store/store.js'
import { newLocks } from './locks.js'

export type Saver = {
  /** To be written with everything else that is due; encoded only then. */
  readonly put: (key: string, encode: () => Uint8Array) => void
  readonly remove: (key: string) => void
  /** Resolves when all that was put before is durable. */
  readonly flush: () => Promise<void>
}

/** `onWritten` is called with what `mark` returned when the written snapshot was taken. */
export const saverTo = <Mark>(store: Store, mark: () => Mark, onWritten: (mark: Mark) => void): Saver => {
  const due = new Map<string, (() => Uint8Array) | undefined>()
  const locks = newLocks()

  const writeAll = async (): Promise<void> => {
    const snapshot = [...due]
    if (snapshot.length === 0) return
    const changes: Change[] = snapshot.map(([key, encode]) => ({ key, value: encode?.() }))
    const at = mark()
    due.clear()
    try {
      await store.write(changes)
    } catch (error) {
      for (const [key, encode] of snapshot) if (!due.has(key)) due.set(key, encode)
      throw error
    }
    onWritten(at)
  }

  return {
    put: (key, encode) => {
      due.set(key, encode)
    },
    remove: (key) => {
      due.set(key, undefined)
    },
    flush: () => locks.hold('write', writeAll),
  }
}
