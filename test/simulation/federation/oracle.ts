/**
 * What must be true, counted by hand from the logs alone: what each domain should get of each group, in order, and what its
 * follower has recorded. It shares no code with the outbox or the record.
 */
import { placedOf } from '#src/items/placed.js'
import { domainOf } from '#src/mls/wire/ids.js'
import type { Domain, GroupId } from '#src/mls/wire/ids.js'
import { origin } from '#src/ports/position.js'
import type { EventStore, StoredEvent } from '#src/ports/eventStore.js'
import type { Network } from './network.js'

type Due = { readonly id: string; readonly kind: string }
type Recorded = { readonly id: string | undefined; readonly type: string }

export type Oracle = {
  /** Looks at all that is new in the logs; to be asked before anything is truncated. */
  readonly look: () => Promise<void>
  /** Whatever is wrong now. */
  readonly faults: () => readonly string[]
  /** Whatever is missing once all was sent. */
  readonly missing: () => readonly string[]
}

const unsent = new Set(['GroupIdReserved', 'GroupCreated', 'MessagesExpired'])

/** Simulated ones, and real ones whose logs can be read. */
export type Watched = { readonly domain: Domain; readonly events: Pick<EventStore, 'readAll'> }

export const makeOracle = (servers: readonly Watched[], network: Pick<Network, 'sent' | 'faults'>): Oracle => {
  const due = new Map<string, Due[]>()
  const leaves = new Map<string, Map<Domain, number>>()
  const recorded = new Map<string, Map<number, Recorded>>()
  const seen = new Map<Domain, number>()
  const wrong: string[] = []

  const look = async (): Promise<void> => {
    for (const { domain, events } of servers) {
      for (;;) {
        const page = await events.readAll({ after: (seen.get(domain) ?? origin) as typeof origin, limit: 500 })
        for (const stored of page) see(domain, stored)
        const last = page.at(-1)
        if (last === undefined) break
        seen.set(domain, last.position)
      }
    }
  }

  const see = (domain: Domain, stored: StoredEvent): void => {
    const { event } = placedOf(stored)
    if (!/^(group|messages)-/.test(stored.stream) || event.type === 'Erased') return
    const { group } = event.data as { readonly group: GroupId }
    if (domainOf(group) === domain) owe(group, stored)
    else note(domain, group, stored)
  }

  /** At the hub: to whoever has a leaf before it, or by it. */
  const owe = (group: GroupId, stored: StoredEvent): void => {
    const { event } = placedOf(stored)
    if (unsent.has(event.type)) return
    const counts = leaves.get(group) ?? new Map<Domain, number>()
    leaves.set(group, counts)
    const before = new Set([...counts].filter(([, count]) => count > 0).map(([peer]) => peer))
    if (event.type === 'CommitAccepted') {
      const grow = (peer: Domain, by: number) => counts.set(peer, (counts.get(peer) ?? 0) + by)
      for (const { client } of event.data.removed) grow(domainOf(client), -1)
      for (const { client } of event.data.added) grow(domainOf(client), 1)
    }
    const concerned = new Set([...before, ...[...counts].filter(([, count]) => count > 0).map(([peer]) => peer)])
    for (const peer of concerned) {
      if (peer === domainOf(group)) continue
      const list = due.get(`${peer} ${group}`) ?? []
      due.set(`${peer} ${group}`, list)
      const kind = before.has(peer) ? (event.type === 'MessageAccepted' ? 'message' : 'fact') : 'join'
      list.push({ id: stored.id, kind })
    }
  }

  /** At a follower: in sequence, each number once, from the hub alone. */
  const note = (domain: Domain, group: GroupId, { type, meta, data }: StoredEvent): void => {
    const name = `${domain} ${group}`
    if (meta.hub === undefined || meta.hub.domain !== domainOf(group)) {
      wrong.push(`${name}: ${type} was not decided by the hub`)
      return
    }
    const list = recorded.get(name) ?? new Map<number, Recorded>()
    recorded.set(name, list)
    const { sequence } = meta.hub
    if (list.has(sequence)) {
      // A join is several facts.
      if (list.get(sequence)?.type !== 'GroupFollowed') wrong.push(`${name}: ${sequence} was recorded twice`)
      return
    }
    const from = type === 'MessagesMissed' ? (data as { fromSequence: number }).fromSequence : sequence
    if (from !== list.size) wrong.push(`${name}: ${from} was recorded after ${list.size - 1}`)
    for (let n = from; n <= sequence; n++) list.set(n, { id: type === 'MessagesMissed' ? undefined : meta.cause, type })
  }

  const faults = (): readonly string[] => {
    const found = [...wrong, ...network.faults]
    for (const [name, list] of recorded) {
      for (const [n, { id, type }] of list) found.push(...compare(name, n, id, type === 'MessagesMissed'))
    }
    for (const [name, items] of network.sent) {
      for (const [n, { event, kind }] of items)
        found.push(...compare(`sent to ${name}`, n, event, kind === 'gap', name))
    }
    return found
  }

  const compare = (what: string, n: number, id: string | undefined, isGap: boolean, name = what): readonly string[] => {
    const owed = due.get(name)?.[n]
    if (owed === undefined) return [`${what}: nothing was due as ${n}`]
    if (isGap) return owed.kind === 'message' ? [] : [`${what}: a ${owed.kind} fell out as ${n}`]
    return owed.id === id ? [] : [`${what}: ${n} is another event than it should be`]
  }

  const missing = (): readonly string[] =>
    [...due].flatMap(([name, list]) => {
      const has = recorded.get(name)?.size ?? 0
      return has === list.length ? [] : [`${name}: ${has} of ${list.length} were recorded`]
    })

  return { look, faults, missing }
}
