/** What Prometheus reads: requests by route, deliveries, read-model lag, and Node's own. */
import type { AssetClass } from '../../events/asset.js'
import type { Sums } from '../../projections/assets/schema.js'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { askedTogether } from './askedTogether.js'
import { metricsOfPeers } from './metricsOfPeers.js'
import type { PeerMetric } from './metricsOfPeers.js'

export type ProjectionMetric = {
  readonly name: string
  readonly lagMs: number
  readonly parked: number
  readonly applied: number
}

export type MetricSources = {
  readonly projections: () => Promise<readonly ProjectionMetric[]>
  readonly websockets: () => number
  /** Processes of this server that signals are passed on to. */
  readonly otherProcesses: () => number
  /** Whether this process believes its clock. */
  readonly clockHeld: () => boolean
  /** Whether clients and peers only read. */
  readonly maintenance: () => boolean
  /** Whether the log takes no writes now. */
  readonly refusesWrites: () => boolean
  /** Frames handed to sockets since the start. */
  readonly delivered: () => number
  /** Events of other applications in the same store. */
  readonly passedOver: () => number
  /** Bytes of assets made durable, and handed out, since the start. */
  readonly assetBytesIn: () => number
  readonly assetBytesOut: () => number
  readonly assets: () => Promise<ReadonlyMap<AssetClass, Sums>>
  /** Reports of messages: how many wait, and how many are closed. */
  readonly reports: () => Promise<ReadonlyMap<string, number>>
  /** What became of pushes that this process tried since the start. */
  readonly pushes: () => { readonly [outcome: string]: number }
  readonly pushLagMs: () => Promise<number>
  /** What other servers have not got, and what became of sending it. */
  readonly peers: () => Promise<readonly PeerMetric[]>
}

export type Metrics = {
  readonly registry: Registry
  readonly observe: (route: string, method: string, status: number, durationMs: number) => void
}

const prefix = 'mls_homeserver_'

export const makeMetrics = (sources: MetricSources): Metrics => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix })
  const requests = new Histogram({
    name: `${prefix}http_request_seconds`,
    help: 'Time to answer an HTTP request, by route, method and status.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers: [registry],
  })
  const projections = askedTogether(sources.projections)
  const ofProjections = (name: string, help: string, read: (metric: ProjectionMetric) => number): void => {
    new Gauge({
      name: prefix + name,
      help,
      labelNames: ['projection'],
      registers: [registry],
      async collect() {
        for (const metric of await projections()) this.set({ projection: metric.name }, read(metric))
      },
    })
  }
  ofProjections('projection_lag_seconds', 'Age of the oldest event not yet applied.', ({ lagMs }) => lagMs / 1000)
  ofProjections('projection_parked', 'Events that could not be read.', ({ parked }) => parked)
  ofProjections('projection_applied', 'Events applied since the start.', ({ applied }) => applied)
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: prefix + name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
  gauge('websockets', 'Open websockets.', sources.websockets)
  gauge('other_processes', 'Processes of this server that signals are passed on to.', sources.otherProcesses)
  const whether = (name: string, help: string, read: () => boolean): void => {
    gauge(name, help, () => (read() ? 1 : 0))
  }
  whether('clock_held', '1 while this process does not believe its clock, and nothing expires.', sources.clockHeld)
  whether('maintenance', '1 while clients and peers only read, as an operator said.', sources.maintenance)
  whether(
    'log_refuses_writes',
    '1 while the log takes no writes: a full disk, or one that failed.',
    sources.refusesWrites,
  )
  const counted = (name: string, help: string, read: () => number): void => {
    new Counter({
      name: prefix + name,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  }
  counted('delivered_total', 'Frames handed to websockets.', sources.delivered)
  counted('asset_bytes_received_total', 'Bytes of assets that were made durable.', sources.assetBytesIn)
  counted('asset_bytes_sent_total', 'Bytes of assets that were handed out.', sources.assetBytesOut)
  const ofAssets = (name: string, help: string, read: (sums: Sums) => number): void => {
    new Gauge({
      name: prefix + name,
      help,
      labelNames: ['class'],
      registers: [registry],
      async collect() {
        for (const [of, sums] of await sources.assets().catch(() => [])) this.set({ class: of }, read(sums))
      },
    })
  }
  ofAssets('assets_stored', 'Assets that are stored.', ({ count, unfinished }) => count - unfinished)
  ofAssets('assets_stored_bytes', 'Bytes of assets that are stored.', (sums) => sums.bytes - sums.unfinishedBytes)
  ofAssets('assets_unfinished', 'Assets that are reserved and whose bytes have not come.', (sums) => sums.unfinished)
  ofAssets('assets_unfinished_bytes', 'Bytes that are reserved for those.', (sums) => sums.unfinishedBytes)
  new Gauge({
    name: `${prefix}reports`,
    help: 'Reports of messages: open ones wait for an operator.',
    labelNames: ['status'],
    registers: [registry],
    async collect() {
      for (const [status, count] of await sources.reports().catch(() => [])) this.set({ status }, count)
    },
  })
  new Counter({
    name: `${prefix}pushes_total`,
    help: 'Pushes tried: told (a push service took it), failed, gone (no such receiver any more), givenUp (after a day).',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [outcome, count] of Object.entries(sources.pushes())) this.inc({ outcome }, count)
    },
  })
  new Gauge({
    name: `${prefix}push_lag_seconds`,
    help: 'Age of the oldest event that pushes have not got to, or not written down.',
    registers: [registry],
    async collect() {
      this.set((await sources.pushLagMs().catch(() => 0)) / 1000)
    },
  })
  metricsOfPeers(registry, prefix, sources.peers)
  counted('events_passed_over_total', "Events of other applications in the log's store.", sources.passedOver)
  return {
    registry,
    observe: (route, method, status, durationMs) => {
      requests.observe({ route, method, status: String(status) }, durationMs / 1000)
    },
  }
}
