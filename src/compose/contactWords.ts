/** What other servers are told of contacts, by this process while no other one does so. */
import { makeTeller } from '../federation/contacts/tell.js'
import { runOutbox } from '../federation/outbox/run.js'
import type { OutboxRun } from '../federation/outbox/run.js'
import { tellConsent } from '../federation/peers/consent.js'
import { abortingToo } from '../ports/abort.js'
import { directorySchema } from '../projections/directory/tables.js'
import { leased } from '../projections/leased.js'
import type { Federation } from './federation.js'
import type { House } from './house.js'

export type ContactWordsRooms = Pick<
  House,
  'world' | 'ages' | 'foundation' | 'policy' | 'streams' | 'readModels' | 'holder'
>

export const composeContactWords = (rooms: ContactWordsRooms, { peers }: Pick<Federation, 'peers'>): OutboxRun => {
  const { streams, readModels, holder, policy } = rooms
  const { leases } = rooms.foundation.readSide
  const { clock, random, logger } = rooms.world
  const ending = new AbortController()
  const worker = makeTeller({
    words: readModels.directory,
    streams,
    say: (word, key) => tellConsent(peers, word, key, ending.signal),
    limits: policy.limits,
    clock: rooms.ages,
    random,
    logger,
  })
  const runner = readModels.runnerOf(directorySchema.name)
  const { run, showed } = runOutbox({ worker, onAdvance: (listener) => runner.onAdvance(listener), clock, logger })
  const held = { leases, holder, clock, logger }
  return { showed, run: abortingToo(ending, (signal) => leased('contact words', held, run, signal)) }
}
