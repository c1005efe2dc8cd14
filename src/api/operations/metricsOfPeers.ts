/** What Prometheus reads of other servers: a line for each of so many, one for all others. */
import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { askedTogether } from './askedTogether.js'

export type PeerMetric = {
  /** A domain, or `others`. */
  readonly peer: string
  readonly items: number
  readonly bytes: number
  /** ms; undefined where nothing waits, and of `others`. */
  readonly oldestMs: number | undefined
  /** Since this process began. */
  readonly tries: number
  readonly unanswered: number
  readonly sent: number
  readonly refused: number
}

type Ask = () => Promise<readonly PeerMetric[]>

/** A gauge or a counter. */
type Shown = { reset(): void; inc(labels: { readonly peer: string }, value: number): void }

/** Nothing while the stores are away. */
export const metricsOfPeers = (registry: Registry, prefix: string, ask: Ask): void => {
  const peers = askedTogether(ask)
  const of = (name: string, help: string, read: (metric: PeerMetric) => number) => ({
    ...{ name: `${prefix}peer_${name}`, help, labelNames: ['peer'] as const, registers: [registry] },
    async collect(this: Shown) {
      const found = await peers()
      // Who has all that there is has no line any more.
      this.reset()
      for (const metric of found) this.inc({ peer: metric.peer }, read(metric))
    },
  })
  new Gauge(of('backlog_items', 'Items that another server has not confirmed.', ({ items }) => items))
  new Gauge(of('backlog_bytes', 'About what they take.', ({ bytes }) => bytes))
  new Gauge(of('backlog_oldest_seconds', 'Age of the oldest of them.', ({ oldestMs }) => (oldestMs ?? 0) / 1_000))
  new Counter(of('tries_total', 'Requests with items that another server was sent.', ({ tries }) => tries))
  new Counter(of('unanswered_total', 'Requests with items that it did not answer.', ({ unanswered }) => unanswered))
  new Counter(of('items_sent_total', 'Items that another server took.', ({ sent }) => sent))
  new Counter(of('items_refused_total', 'Times that it refused an item.', ({ refused }) => refused))
}
