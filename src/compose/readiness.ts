/** Whether this process may be sent requests: how far the read models are, and whether the stores and delivery answer. */
import type { ProjectionMetric } from '../api/operations/metrics.js'
import type { Readiness } from '../api/operations/operations.js'
import type { Delivery } from '../delivery/delivery.js'
import type { Clock } from '../ports/clock.js'
import type { EventStore } from '../ports/eventStore.js'
import type { Position } from '../ports/position.js'
import type { PushWorker } from '../push/worker.js'
import type { ServedReadModels } from './stores/readModels.js'

export type ReadinessRooms = {
  readonly events: EventStore
  readonly readModels: ServedReadModels
  readonly delivery: Delivery
  readonly clock: Clock
  /** Whether clients and peers only read now. */
  readonly maintenance: () => boolean
  /** Why nothing expires now, if so. */
  readonly clockHeld: () => string | undefined
  /** Keys that the log names and this process has not got, a line each. */
  readonly missingKeys: () => readonly string[]
  readonly pushes: Pick<PushWorker, 'stands' | 'parked' | 'counts'>
  /** Whether a proxy forwards requests that nobody named. */
  readonly forwardedUntrusted?: () => boolean
  /** What is to be known of other servers. */
  readonly peerNotes: () => Promise<readonly string[]>
  /** Whether streams that are long and have no snapshot are folded now, so that nobody waits for one. */
  readonly foldsLongStreams: () => Promise<boolean>
}

/** A projection further behind than this would show clients a past that they notice. */
const lagMsMax = 5_000
/** What became of pushes is written down within seconds. */
const pushLagMsMax = 30_000

/**
 * How far one look goes: whoever asks is not to read a night's events of a store's own. What waits for a projection
 * stands right behind its checkpoint, and each look begins where the last one found nothing.
 */
const placesMax = 128

export const projectionMetrics = ({
  readModels,
  events,
  clock,
}: Pick<ReadinessRooms, 'readModels' | 'events' | 'clock'>): Promise<readonly ProjectionMetric[]> =>
  Promise.all(
    readModels.runners.map(async ({ name, runner }) => {
      const { applied, parked } = runner.status()
      const lagMs = await lagBehind({ events, clock }, await runner.stands())
      return { name, lagMs, parked: parked.length, applied }
    }),
  )

/** Age of the oldest event above a position, ms. */
const lagBehind = async (
  { events, clock }: Pick<ReadinessRooms, 'events' | 'clock'>,
  position: Position,
): Promise<number> => {
  const [waiting] = await events.readAll({ after: position, limit: 1, places: placesMax })
  return waiting === undefined ? 0 : Math.max(0, clock.now() - waiting.meta.at)
}

export const pushLagMs = async (rooms: Pick<ReadinessRooms, 'events' | 'clock' | 'pushes'>): Promise<number> =>
  lagBehind(rooms, await rooms.pushes.stands())

/** Pushes that are late are no reason to send requests elsewhere: they are said, and nothing else. */
const pushNotes = async (rooms: ReadinessRooms): Promise<readonly string[]> => {
  const lagMs = await pushLagMs(rooms)
  const parked = rooms.pushes.parked().length
  return [
    ...(lagMs > pushLagMsMax ? [`pushes are ${Math.round(lagMs / 1000)} s behind`] : []),
    ...(parked > 0 ? [`pushes are degraded: ${parked} events parked`] : []),
  ]
}

/** Ready: the stores answer and the log takes writes, every projection is at most five seconds behind, none is degraded. */
export const readinessOf = async (rooms: ReadinessRooms): Promise<Readiness> => {
  try {
    // At once: those that stand at the same position have one read between them.
    const [metrics, ofPushes, ofPeers] = await Promise.all([
      projectionMetrics(rooms),
      pushNotes(rooms),
      rooms.peerNotes(),
    ])
    const lagging = metrics.flatMap(({ name, lagMs, parked }) => [
      ...(lagMs > lagMsMax ? [`projection ${name} is ${Math.round(lagMs / 1000)} s behind`] : []),
      ...(parked > 0 ? [`projection ${name} is degraded: ${parked} events parked`] : []),
    ])
    const refused = rooms.events.refusesWrites?.()
    const reasons = [
      ...lagging,
      ...(rooms.delivery.follows() ? [] : ['delivery has stopped']),
      ...((await rooms.foldsLongStreams()) ? ['long streams are being folded'] : []),
      ...rooms.missingKeys(),
      ...(refused === undefined ? [] : [`the log takes no writes: ${refused}`]),
    ]
    const held = rooms.clockHeld()
    const notes = [
      ...(rooms.maintenance() ? ['maintenance: clients and peers only read'] : []),
      ...(held === undefined ? [] : [`nothing expires: ${held}`]),
      ...(rooms.forwardedUntrusted?.() === true ? [forwarded] : []),
      ...ofPushes,
      ...ofPeers,
    ]
    return { ready: reasons.length === 0, reasons, notes }
  } catch (error) {
    return {
      ready: false,
      notes: [],
      reasons: [`a store does not answer: ${error instanceof Error ? error.message : 'unknown'}`],
    }
  }
}

const forwarded = 'requests are forwarded, but TRUSTED_PROXIES is not set: everybody behind that proxy counts as it'

/** Whatever the stores do, whoever asks for health or figures hears within a second. */
const answerMsMax = 900
export const tooLate: Readiness = {
  ready: false,
  notes: [],
  reasons: [`a store does not answer within ${answerMsMax} ms`],
}

export const inTime = async <T>(
  { clock }: Pick<ReadinessRooms, 'clock'>,
  work: Promise<T>,
  otherwise: T,
): Promise<T> => {
  const over = new AbortController()
  try {
    return await Promise.race([work, clock.sleep(answerMsMax, over.signal).then(() => otherwise)])
  } finally {
    over.abort()
  }
}
