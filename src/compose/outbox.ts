/** What followers of our groups have not got, sent by this process: the worker on its read model, and when it works. */
import { outboxSchema } from '../federation/outbox/schema.js'
import { holdPeers } from '../federation/outbox/hold.js'
import { notifyPeers } from '../federation/outbox/notifyPeers.js'
import { paced } from '../federation/outbox/pace.js'
import { runOutbox } from '../federation/outbox/run.js'
import { abortingToo } from '../ports/abort.js'
import type { OutboxRun } from '../federation/outbox/run.js'
import { makeOutboxWorker } from '../federation/outbox/worker.js'
import type { OutboxWorker } from '../federation/outbox/worker.js'
import type { OutboxView } from '../federation/outbox/view.js'
import { isSpokenTo } from '../federation/peers/policy.js'
import { rootPrintOf } from './vouching.js'
import type { Federation } from './federation.js'
import type { House } from './house.js'

export type OutboxRooms = Pick<
  House,
  'world' | 'foundation' | 'vouching' | 'policy' | 'streams' | 'readModels' | 'holder'
>

export type ComposedOutbox = OutboxRun & Pick<OutboxWorker, 'status' | 'seen' | 'known'> & { readonly view: OutboxView }

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
    clock,
    random,
    logger,
  })
  const runner = readModels.runnerOf(outboxSchema.name)
  const { run, showed } = runOutbox({ worker, onAdvance: (listener) => runner.onAdvance(listener), clock, logger })
  // What is under way may be a server that does not answer: it is sent again.
  return { ...worker, run: abortingToo(ending, run), showed, view }
}
