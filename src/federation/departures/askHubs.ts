/**
 * Asks the hubs of other servers' groups to let go of leaves of ours, ever later, until what they decide has come back in sequence.
 * Nothing hangs on what is only in memory: what is to be asked are rows of the log, and the same key is the same request.
 */
import { isStillDue } from '../../commands/group/followed/departures.js'
import { groupAggregate } from '../../commands/group/group.js'
import { groupStream } from '../../events/group.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import { PeerAway, PeerNotAsked } from '../../ports/peers.js'
import type { OtherServers } from '../../ports/peers.js'
import type { Random } from '../../ports/random.js'
import type { DepartureRow } from '../../projections/groups/departures.js'
import { derivedId } from '../../streams/commandId.js'
import type { Streams } from '../../streams/streams.js'
import { backingOff, isPaused } from '../outbox/backoff.js'
import type { Failing } from '../outbox/backoff.js'

export type AskHubsDependencies = {
  readonly departures: () => Promise<readonly DepartureRow[]>
  readonly streams: Pick<Streams, 'read'>
  readonly decide: OtherServers['decide']
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly logger: Logger
}

export type AskHubs = {
  /** One request for each fact whose time has come; hubs do not wait for each other. Throws what the stores throw. */
  readonly round: () => Promise<void>
  /** A hub showed itself: it is asked at once. */
  readonly showed: (hub: Domain) => void
}

export const makeAskHubs = ({ departures, streams, decide, clock, random, logger }: AskHubsDependencies): AskHubs => {
  /** Facts whose hub was asked, and hubs that did not answer. */
  const asked = new Map<string, Failing>()
  const away = new Map<Domain, Failing>()

  const again = backingOff({ clock, random })
  const rests = (failing: Failing | undefined): boolean => isPaused(failing, clock.now())

  const ask = async (hub: Domain, event: string, rows: readonly DepartureRow[]): Promise<void> => {
    const [first] = rows
    if (first === undefined) return
    const { group, reason } = first
    const { state } = await streams.read(groupAggregate, groupStream(group))
    const leaves = rows.filter((row) => isStillDue(state, row)).map(leafIn)
    const key = derivedId(event, 'askHub', leaves.map(({ leafIndex }) => leafIndex).join())
    if (leaves.length > 0) {
      const heard = await decide({ group, key, asked: { type: 'requireRemoval', reason, leaves } })
      if ('refused' in heard) logger.warn('a hub does not let go of a leaf', { hub, group, code: heard.refused.code })
    }
    asked.set(event, again(asked.get(event)))
  }

  const serve = async (hub: Domain, theirs: readonly DepartureRow[]): Promise<void> => {
    for (const [event, rows] of groupedBy(theirs, (row) => row.event)) {
      if (rests(away.get(hub))) return
      if (rests(asked.get(event))) continue
      try {
        await ask(hub, event, rows)
        away.delete(hub)
      } catch (error) {
        if (!(error instanceof PeerAway || error instanceof PeerNotAsked)) throw error
        away.set(hub, again(away.get(hub)))
      }
    }
  }

  return {
    round: async () => {
      const rows = await departures()
      const hubs = groupedBy(rows, ({ group }) => domainOf(group))
      const facts = new Set(rows.map(({ event }) => event))
      for (const event of asked.keys()) if (!facts.has(event)) asked.delete(event)
      for (const hub of away.keys()) if (!hubs.has(hub)) away.delete(hub)
      await Promise.all(Array.from(hubs, ([hub, theirs]) => serve(hub, theirs)))
    },
    showed: (hub) => {
      away.delete(hub)
    },
  }
}

const groupedBy = <Key>(rows: readonly DepartureRow[], key: (row: DepartureRow) => Key): Map<Key, DepartureRow[]> => {
  const groups = new Map<Key, DepartureRow[]>()
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row])
  return groups
}

const leafIn = ({ leafIndex, client, reference }: DepartureRow) => ({
  leafIndex,
  client,
  ...(reference === undefined ? {} : { reference }),
})
