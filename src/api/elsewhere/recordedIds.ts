/** Ids that hubs gave to what was recorded here: by them a client waits for what its own server sent for it. */
import { groupStream } from '../../events/group.js'
import { messagesStream } from '../../events/messages.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { EventStore, StoredEvent } from '../../ports/eventStore.js'
import type { Position } from '../../ports/position.js'
import { keepNewest } from '../../structures/newest.js'

export type RecordedIds = {
  /** Of the log as it is followed. */
  readonly heard: (ids: readonly { readonly id: string; readonly position: Position }[]) => void
  /**
   * Where it stands, waited for at most `ms`; undefined: nowhere yet. `group`: whose it is, where that is known; it is then found too
   * where it was recorded before this process began, among the newest of the group.
   */
  readonly positionOf: (id: string, group: GroupId | undefined, ms: number) => Promise<Position | undefined>
}

const idsMax = 50_000
const waitingMax = 10_000
/** Of each of the group's streams, looked through once. */
const newestMax = 200
/** Messages are large: so many are in memory at once. */
const pageMax = 16

type Wake = (position: Position) => void

export const rememberRecordedIds = (
  events: Pick<EventStore, 'last' | 'readStream'>,
  clock: Pick<Clock, 'sleep'>,
  domain: Domain,
): RecordedIds => {
  const known = keepNewest<string, Position>(idsMax)
  const waiting = new Map<string, Set<Wake>>()

  const remember = (id: string, position: Position): void => {
    known.set(id, position)
    const woken = waiting.get(id)
    waiting.delete(id)
    for (const wake of woken ?? []) wake(position)
  }

  const amongNewest = async (id: string, group: GroupId): Promise<void> => {
    for (const stream of [groupStream(group), messagesStream(group)]) {
      const last = await events.last(stream)
      if (last === undefined) continue
      const lowest = Math.max(0, last.revision - newestMax + 1)
      for (let below = last.revision + 1; below > lowest && known.get(id) === undefined;) {
        const from = Math.max(lowest, below - pageMax)
        const found = (await events.readStream(stream, { from, limit: below - from })).find(isOf(id))
        if (found !== undefined) remember(id, found.position)
        below = from
      }
    }
  }

  /** Listens from the moment of the call. */
  const arrival = (id: string, ms: number): Promise<Position | undefined> => {
    const over = new AbortController()
    const wakes = waiting.get(id) ?? new Set<Wake>()
    const came = new Promise<Position>((resolve) => {
      waiting.set(id, wakes.add(resolve))
      over.signal.addEventListener('abort', () => {
        wakes.delete(resolve)
        if (wakes.size === 0 && waiting.get(id) === wakes) waiting.delete(id)
      })
    })
    const tooLate = clock.sleep(ms, over.signal).then(() => undefined)
    return Promise.race([came, tooLate]).finally(() => {
      over.abort()
    })
  }

  return {
    heard: (ids) => {
      for (const { id, position } of ids) remember(id, position)
    },
    positionOf: async (id, group, ms) => {
      const position = known.get(id)
      if (position !== undefined || waiting.size >= waitingMax) return position
      const came = arrival(id, ms)
      // In what is decided here nothing came from a hub.
      if (group !== undefined && domainOf(group) !== domain) await amongNewest(id, group)
      return came
    },
  }
}

const isOf =
  (id: string) =>
  ({ meta }: StoredEvent): boolean =>
    meta.hub !== undefined && meta.cause === id
