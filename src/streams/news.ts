/** Whether a fold has all that its stream has, by what is heard of a log to which others append: then it need not be read. */
import type { Hearing } from '../ports/eventStore.js'

export type News = {
  /** What is heard of the stream counts from now on: to be called before it is read. */
  watch(stream: string): void
  /** A read that began after `watch` found this to be its last revision, −1 for none. */
  found(stream: string, revision: number): void
  forget(stream: string): void
  /** Whether nothing behind `revision` has been heard or read; false where something may have been missed. */
  isLast(stream: string, revision: number): boolean
  /** As `Hearing`: what was heard is all that there was at the call. */
  caughtUp(): Promise<boolean>
}

type Known = { newest: number; isRead: boolean }

/** Undefined: nothing is heard, and every question is answered by no. */
export const newsBy = (hearing: Hearing | undefined): News => {
  const streams = new Map<string, Known>()
  /** What came before the first that is heard may not have been. */
  let isHearing = false
  hearing?.listen((stream, revision) => {
    isHearing = true
    const known = streams.get(stream)
    if (known !== undefined && revision > known.newest) known.newest = revision
  })
  return {
    watch: (stream) => {
      if (isHearing && !streams.has(stream)) streams.set(stream, { newest: -1, isRead: false })
    },
    found: (stream, revision) => {
      const known = streams.get(stream)
      if (known === undefined) return
      known.newest = Math.max(known.newest, revision)
      known.isRead = true
    },
    forget: (stream) => {
      streams.delete(stream)
    },
    isLast: (stream, revision) => {
      const known = streams.get(stream)
      return known?.isRead === true && known.newest <= revision
    },
    caughtUp: () => hearing?.caughtUp() ?? Promise.resolve(false),
  }
}
