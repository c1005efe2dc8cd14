/** What Prometheus reads of other servers: a line for each of so many, one for all others. */
import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'

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

/** Asked once for all that is collected together; nothing while the stores are away. */
export const metricsOfPeers = (registry: Registry, prefix: string, ask: Ask): void => {
  let asked: Promise<readonly PeerMetric[]> | undefined
  const peers: Ask = () =>
    (asked ??= ask()
      .catch(() => [])
      .finally(() => (asked = undefined)))
  const gauge = (name: string, help: string, read: (metric: PeerMetric) => number): void => {
    new Gauge({
      name: `${prefix}peer_${name}`,
      help,
      labelNames: ['peer'],
      registers: [registry],
      async collect() {
        const found = await peers()
        // Who has all that there is has no line any more.
        this.reset()
        for (const metric of found) this.set({ peer: metric.peer }, read(metric))
      },
    })
  }
  const counter = (name: string, help: string, read: (metric: PeerMetric) => number): void => {
    new Counter({
      name: `${prefix}peer_${name}`,
      help,
      labelNames: ['peer'],
      registers: [registry],
      async collect() {
        const found = await peers()
        this.reset()
        for (const metric of found) this.inc({ peer: metric.peer }, read(metric))
      },
    })
  }
  gauge('backlog_items', 'Items that another server has not confirmed.', ({ items }) => items)
  gauge('backlog_bytes', 'About what they take.', ({ bytes }) => bytes)
  gauge('backlog_oldest_seconds', 'Age of the oldest of them.', ({ oldestMs }) => (oldestMs ?? 0) / 1_000)
  counter('tries_total', 'Requests with items that another server was sent.', ({ tries }) => tries)
  counter('unanswered_total', 'Requests with items that it did not answer.', ({ unanswered }) => unanswered)
  counter('items_sent_total', 'Items that another server took.', ({ sent }) => sent)
  counter('items_refused_total', 'Times that it refused an item.', ({ refused }) => refused)
}
