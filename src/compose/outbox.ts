/** What followers of our groups have not got, sent by this process: the worker on its read model, and when it works. */
import { outboxSchema } from '../federation/outbox/schema.js'
import { holdPeers } from '../federation/outbox/hold.js'
import { notifyPeers } from '../federation/outbox/notifyPeers.js'
import { paced } from '../federation/outbox/pace.js'
import { runOutbox } from '../federation/outbox/run.js'
import { postSignals } from '../federation/peers/signals.js'
import { greetPeers } from '../federation/standing/greet.js'
import { abortingToo, untilAborted } from '../ports/abort.js'
import type { OutboxRun } from '../federation/outbox/run.js'
import { makeOutboxWorker } from '../federation/outbox/worker.js'
import type { OutboxWorker } from '../federation/outbox/worker.js'
import type { OutboxView } from '../federation/outbox/view.js'
import type { PeerRow } from '../federation/outbox/peerRows.js'
import type { Domain } from '../mls/wire/ids.js'
import { isSpokenTo } from '../federation/peers/policy.js'
import { rootPrintOf } from './vouching.js'
import type { Federation } from './federation.js'
import type { House } from './house.js'

export type OutboxRooms = Pick<
  House,
  'world' | 'ages' | 'foundation' | 'vouching' | 'policy' | 'streams' | 'readModels' | 'holder'
>

export type ComposedOutbox = OutboxRun &
  Pick<OutboxWorker, 'status' | 'seen' | 'known'> & {
    readonly view: OutboxView
    /** Others can ask this server now. */
    readonly listening: () => void
    /** Tells the others, once they can, that this server is there. */
    readonly greet: (signal: AbortSignal) => Promise<void>
  }

/** Throws where the outbox is not among the read models: federation is off. */
export const composeOutbox = (rooms: OutboxRooms, { peers, trust, peerPolicy }: Federation): ComposedOutbox => {
  const { streams, readModels, holder, policy } = rooms
  const { events, readSide } = rooms.foundation
  const { clock, random, logger } = rooms.world
  const { outbox: view } = readModels
  if (view === undefined) throw new Error('there is no outbox')
  const ending = new AbortController()
  const worker = makeOutboxWorker({
    streams,
    events,
    blobs: readSide.blobs,
    rootPrint: rootPrintOf(rooms.vouching),
    view,
    speaksTo: (peer, policy) => isSpokenTo(peerPolicy, peer, { policy }),
    notify: paced(notifyPeers({ peers, trust, signal: ending.signal }), clock, ending.signal),
    hold: holdPeers({ leases: readSide.leases, holder, clock }),
    limits: policy.limits,
    clock: rooms.ages,
    random,
    logger,
  })
  const listens = new AbortController()
  const greet = async (signal: AbortSignal): Promise<void> => {
    await untilAborted(AbortSignal.any([listens.signal, signal]))
    const speaksTo = ({ peer, policy }: PeerRow): boolean => isSpokenTo(peerPolicy, peer as Domain, { policy })
    const greeting = { view, speaksTo, post: postSignals(peers, signal), leases: readSide.leases }
    if (!signal.aborted) await greetPeers({ ...greeting, holder, clock, logger }, signal)
  }
  const runner = readModels.runnerOf(outboxSchema.name)
  const { run, showed } = runOutbox({ worker, onAdvance: (listener) => runner.onAdvance(listener), clock, logger })
  const listening = (): void => {
    listens.abort()
  }
  // What is under way may be a server that does not answer: it is sent again.
  return { ...worker, run: abortingToo(ending, run), showed, view, listening, greet }
}
