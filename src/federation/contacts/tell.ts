/**
 * Tells other servers what users of ours say to theirs, until it is heard. What is to be told stands in the log, and what became of it
 * as well: whoever goes on after a crash tells it again, under the same key, and it has one effect.
 */
import { contactsAggregate } from '../../commands/contacts/contacts.js'
import { tellContact } from '../../commands/contacts/elsewhere.js'
import { contactsStream } from '../../events/contacts.js'
import type { ContactsEvent } from '../../events/contacts.js'
import type { Word } from '../../items/contactWord.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Limits } from '../../limits/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Random } from '../../ports/random.js'
import type { Directory } from '../../projections/directory/queries.js'
import type { WordRow } from '../../projections/directory/tables.js'
import { derivedId } from '../../streams/commandId.js'
import type { Streams } from '../../streams/streams.js'
import { keepNewest } from '../../structures/newest.js'
import { backingOff, isPaused } from '../outbox/backoff.js'
import type { Failing } from '../outbox/backoff.js'
import type { Served } from '../outbox/hold.js'

export type TellDependencies = {
  readonly words: Pick<Directory, 'peersToTell' | 'wordsTo'>
  readonly streams: Pick<Streams, 'execute'>
  /** Later: this one is not taken now, others are. */
  readonly say: (word: Word, key: string) => Promise<'told' | 'refused' | 'later'>
  readonly limits: Pick<Limits, 'peerQueueAgeMsMax'>
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly logger: Logger
}

export type Teller = {
  /** Servers that are to be told something now. */
  readonly due: () => Promise<readonly Domain[]>
  /** Tells one of them what there is, in order, as far as it takes it. */
  readonly serve: (peer: Domain) => Promise<Served>
  /** It showed itself: it is tried at once. */
  readonly wake: (peer: Domain) => Promise<void>
}

type Outcome = Extract<ContactsEvent, { type: 'ContactTold' }>['data']['outcome']

const peersMax = 10_000
const pageRows = 200
const laterMs = 60_000
const rememberedMax = 10_000

export const makeTeller = (deps: TellDependencies): Teller => {
  const { words, streams, say, limits, clock, logger } = deps
  const again = backingOff(deps)
  const failing = keepNewest<Domain, Failing>(peersMax)
  /** What was told a moment ago, and is still in the rows, which follow the log. */
  const done = keepNewest<string, true>(rememberedMax)

  /** When it was not taken, ms: what is not taken now is told again after a while. */
  const later = keepNewest<string, number>(rememberedMax)

  const isOver = ({ at }: WordRow): boolean => clock.now() - at > limits.peerQueueAgeMsMax

  const record = async ({ name, word, user, other, request }: WordRow, outcome: Outcome): Promise<void> => {
    const stream = contactsStream(user)
    const command = { id: keyOf(name, outcome), bodyHash: 'contacts', at: clock.now() }
    await streams.execute(contactsAggregate, stream, command, tellContact({ word, user, other, request, outcome }))
    done.set(name, true)
  }

  /** Whether the next one may be told. */
  const tellOne = async (peer: Domain, row: WordRow): Promise<boolean> => {
    try {
      const said = await say(row, keyOf(row.name, 'key'))
      if (said === 'later') later.set(row.name, clock.now())
      else await record(row, said)
      failing.delete(peer)
      return true
    } catch (error) {
      failing.set(peer, again(failing.get(peer)))
      logger.warn('a peer was not told of a contact', { peer, error: String(error) })
      return false
    }
  }

  const isDue = ({ name }: WordRow): boolean =>
    !done.has(name) && Math.abs(clock.now() - (later.get(name) ?? -Infinity)) >= laterMs
  const rests = (peer: Domain): boolean => isPaused(failing.get(peer), clock.now())

  return {
    due: () => words.peersToTell({ limit: peersMax }),
    serve: async (peer) => {
      const rows = await words.wordsTo(peer, { limit: pageRows })
      for (const row of rows.filter(isDue)) {
        if (isOver(row)) await record(row, 'lapsed')
        else if (rests(peer) || !(await tellOne(peer, row))) return 'rests'
      }
      // Those that were told leave the rows as the log is followed.
      return 'rests'
    },
    wake: (peer) => {
      failing.delete(peer)
      return Promise.resolve()
    },
  }
}

const keyOf = (name: string, what: string): string => derivedId(name, 'contactWord', what)
