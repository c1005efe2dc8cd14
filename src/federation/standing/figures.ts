/** Figures of other servers for whoever watches: so many have lines of their own, all others one between them. */
import type { Domain } from '../../mls/wire/ids.js'
import type { PeerCounts } from '../outbox/peerMemory.js'
import type { OutboxView } from '../outbox/view.js'
import type { OutboxWorker } from '../outbox/worker.js'

export type PeerFigures = PeerCounts & {
  /** A domain, or `others`. */
  readonly peer: string
  readonly items: number
  readonly bytes: number
  /** When the oldest of the items came, ms. */
  readonly oldestAt: number | undefined
}

export type FiguresDependencies = {
  readonly view: Pick<OutboxView, 'peers' | 'oldestAt'>
  readonly outbox: Pick<OutboxWorker, 'seen' | 'known'>
}

/** Whoever came first keeps its line, so that a counter never goes back. */
const linesMax = 100
const others = 'others'

export const figuresOfPeers = ({ view, outbox }: FiguresDependencies): (() => Promise<readonly PeerFigures[]>) => {
  const lines = new Set<string>()
  const lineOf = (peer: string): string => {
    if (lines.size < linesMax) lines.add(peer)
    return lines.has(peer) ? peer : others
  }

  return async () => {
    const figures = new Map<string, PeerFigures>()
    const rows = new Map((await view.peers()).map((row) => [row.peer, row] as const))
    for (const domain of new Set<string>([...rows.keys(), ...outbox.known()])) {
      const row = rows.get(domain)
      const peer = lineOf(domain)
      const oldestAt = row === undefined || peer === others ? undefined : await view.oldestAt(domain as Domain, 5)
      const counts = outbox.seen(domain as Domain)?.counts ?? nothing
      const one = { peer, items: row?.items ?? 0, bytes: row?.itemBytes ?? 0, oldestAt, ...counts }
      const sum = figures.get(peer)
      figures.set(peer, sum === undefined ? one : added(sum, one))
    }
    return [...figures.values()]
  }
}

const nothing: PeerCounts = { tries: 0, sent: 0, refused: 0, unanswered: 0 }

const added = (one: PeerFigures, other: PeerFigures): PeerFigures => ({
  peer: one.peer,
  items: one.items + other.items,
  bytes: one.bytes + other.bytes,
  oldestAt: undefined,
  tries: one.tries + other.tries,
  sent: one.sent + other.sent,
  refused: one.refused + other.refused,
  unanswered: one.unanswered + other.unanswered,
})
