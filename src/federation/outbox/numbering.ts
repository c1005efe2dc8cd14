/**
 * Numbers of what is unconfirmed, counted on from the anchor: in the order of the log, with each gap at its own numbers. Pure, and
 * the same whether the outbox grew row by row or is being rebuilt from a log whose old messages are gone.
 */
import type { Anchor } from '../../events/peerOutbox.js'
import type { ItemKind } from '../wire/sequencedItem.js'

/** An event that is to be sent, by its place in the log. */
export type Entry = {
  readonly kind: Exclude<ItemKind, 'gap'>
  /** Of `messages-<group>` for messages, else of `group-<group>`. */
  readonly revision: number
  readonly position: number
}
export type Gap = { readonly from: number; readonly through: number; readonly messagesRevision: number }

/** What an item has beside its content: `sequence` to `through` are its numbers, the revisions those of both streams up to it. */
export type Numbers = {
  readonly sequence: number
  readonly through: number
  readonly groupRevision: number
  readonly messagesRevision: number
}
export type Numbered<One> = { readonly one: One; readonly numbers: Numbers }

/** Whether an entry lies at or before an anchor: it is confirmed. */
const isBehind = ({ kind, revision }: Entry, anchor: Anchor): boolean =>
  revision <= (kind === 'message' ? anchor.messagesRevision : anchor.groupRevision)

/** The numbers of an entry that follows on these; the same for a gap. */
export const numbersAfter = (before: Anchor, entry: Pick<Entry, 'kind' | 'revision'>): Numbers => {
  const revisions =
    entry.kind === 'message'
      ? { groupRevision: before.groupRevision, messagesRevision: entry.revision }
      : { groupRevision: entry.revision, messagesRevision: before.messagesRevision }
  return { sequence: before.sequence, through: before.sequence, ...revisions }
}

/** A follower may have had the first of what fell out: it confirmed them, and has the others to hear of. */
const numbersOfGap = (before: Anchor, { from, through, messagesRevision }: Gap): Numbers => ({
  sequence: Math.max(from, before.sequence),
  through,
  groupRevision: before.groupRevision,
  messagesRevision: Math.max(before.messagesRevision, messagesRevision),
})

/** Where counting goes on after an item. */
export const after = ({ through, groupRevision, messagesRevision }: Numbers): Anchor => ({
  sequence: through + 1,
  groupRevision,
  messagesRevision,
})

/** `entries` in log order; what is behind the anchor is left out. A gap whose numbers are not reached yet waits in `ahead`. */
export const numbered = <E extends Entry, G extends Gap>(
  anchor: Anchor,
  entries: readonly E[],
  gaps: readonly G[],
): { readonly items: readonly Numbered<E | G>[]; readonly next: Anchor; readonly ahead: readonly G[] } => {
  const items: Numbered<E | G>[] = []
  const ahead = gaps.filter(({ through }) => through >= anchor.sequence).sort((one, other) => one.from - other.from)
  let next = anchor
  const add = (one: E | G, numbers: Numbers): void => {
    items.push({ one, numbers })
    next = after(numbers)
  }
  const addGaps = (): void => {
    for (let gap = ahead[0]; gap !== undefined && gap.from <= next.sequence; gap = ahead[0]) {
      ahead.shift()
      add(gap, numbersOfGap(next, gap))
    }
  }
  addGaps()
  for (const entry of entries) {
    // Oldest first: what fell out took every message before it along that was not sent by then.
    if (isBehind(entry, anchor) || (entry.kind === 'message' && entry.revision <= next.messagesRevision)) continue
    add(entry, numbersAfter(next, entry))
    addGaps()
  }
  return { items, next, ahead }
}
