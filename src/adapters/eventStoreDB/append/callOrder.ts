/**
 * Appends to one stream keep the order in which they were called. While all goes well they follow one another down the
 * connection without waiting; once one has failed it is sent again only when all before it are settled, and what was
 * called after it waits for its outcome.
 */

export type CallOrder = { enter(stream: string): Turn }

export type Turn = {
  /** Resolves when an attempt may be sent; undefined when it may be now. */
  ready(): Promise<void> | undefined
  /** The attempt is on its way, behind all earlier ones. */
  sent(): void
  /** It failed, whatever that means for its effect. To be called in the very moment, before anybody else is let through. */
  readonly failed: () => void
  /** A later append was accepted meanwhile: sending this one again would turn them round. */
  overtaken(): boolean
  leave(accepted: boolean): void
}

type Entry = { sent: boolean; failed: boolean; overtaken: boolean; proceed: (() => void) | undefined }
/** `waiting`: entries with a `proceed`; `inDoubt`: those that are not on their way, or failed and are to be sent again. */
type Lane = { readonly entries: Set<Entry>; waiting: number; inDoubt: number }

export const createCallOrder = (): CallOrder => {
  const lanes = new Map<string, Lane>()
  return {
    enter: (stream) => {
      const lane = lanes.get(stream) ?? { entries: new Set(), waiting: 0, inDoubt: 0 }
      lanes.set(stream, lane)
      return takeTurn(lane, () => lanes.delete(stream))
    },
  }
}

const takeTurn = (lane: Lane, onEmpty: () => void): Turn => {
  const me: Entry = { sent: false, failed: false, overtaken: false, proceed: undefined }
  lane.entries.add(me)
  lane.inDoubt++
  const isFirst = (): boolean => lane.entries.values().next().value === me
  return {
    ready: () => {
      if (isFirst() || (lane.inDoubt === 1 && !me.failed)) return undefined
      return new Promise((resolve) => {
        me.proceed = resolve
        lane.waiting++
      })
    },
    sent: () => {
      if (!me.sent && !me.failed) lane.inDoubt--
      me.sent = true
      letThrough(lane)
    },
    failed: () => {
      if (me.sent && !me.failed) lane.inDoubt++
      me.failed = true
    },
    overtaken: () => me.overtaken,
    leave: (accepted) => {
      if (accepted) markBefore(lane, me)
      if (me.failed || !me.sent) lane.inDoubt--
      lane.entries.delete(me)
      if (lane.entries.size === 0) onEmpty()
      else letThrough(lane)
    },
  }
}

/** Who may go: in order, those behind entries that are all on their way; one that failed only as the first of all. */
const letThrough = (lane: Lane): void => {
  if (lane.waiting === 0) return
  let first = true
  for (const entry of lane.entries) {
    if (first || !entry.failed) proceed(lane, entry)
    if (entry.failed || !entry.sent) return
    first = false
  }
}

const proceed = (lane: Lane, entry: Entry): void => {
  if (entry.proceed === undefined) return
  lane.waiting--
  entry.proceed()
  entry.proceed = undefined
}

const markBefore = ({ entries }: Lane, me: Entry): void => {
  for (const entry of entries) {
    if (entry === me) return
    entry.overtaken = true
  }
}
