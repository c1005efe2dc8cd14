/** One history by its seed: servers with groups that span them, everything that can go wrong, and what must hold all the same. */
import { groupAggregate } from '#src/commands/group/group.js'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import type { Notify } from '#src/federation/item.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { domainOf, parseDomain } from '#src/mls/wire/ids.js'
import type { Domain, GroupId } from '#src/mls/wire/ids.js'
import type { Projection } from '#src/projections/projection.js'
import { forgedNow } from '../../mls/forge.js'
import { commit, found, groupAt, message, notice, propose } from './hub.js'
import type { Hub } from './hub.js'
import { itemsOf, openNetwork } from './network.js'
import { makeOracle } from './oracle.js'
import type { Crowd } from './people.js'
import { chanceOf } from './random.js'
import { openServer, roundOf } from './server.js'
import type { Server } from './server.js'

/** Bugs that the simulation must find. */
export type Planted = {
  /** Between a server's outbox and the network. */
  readonly between?: (notify: Notify) => Notify
  /** Instead of the outbox's projection. */
  readonly projectionOf?: (real: Projection, rebuilding: boolean) => Projection
  /** At every step, with any server and a group it follows. */
  readonly meddle?: (server: Server, group: GroupId) => Promise<void>
}

export type History = {
  readonly faults: readonly string[]
  readonly sent: number
  readonly gaps: number
  readonly joins: number
}

export const domainsOf = (servers: number): readonly Domain[] =>
  Array.from({ length: servers }, (_, n) => parseDomain(`s${n}.example`)!)

export const simulate = async (
  { seed, steps, crowd }: { readonly seed: number; readonly steps: number; readonly crowd: Crowd },
  planted: Planted = {},
): Promise<History> => {
  const chance = chanceOf(seed)
  let now = forgedNow
  const clock = (): number => now
  const people = new Map([...crowd.values()].flat().map((person) => [person.client, person] as const))
  const servers = new Map<Domain, Server>()
  const serverOf = (domain: Domain): Server => {
    const server = servers.get(domain)
    if (server === undefined) throw new Error(`no server ${domain}`)
    return server
  }
  const network = openNetwork(chance, (delivery) =>
    serverOf(delivery.peer)
      .record()
      .record({ hub: domainOf(delivery.group), group: delivery.group }, itemsOf(delivery)),
  )
  const { between, projectionOf, meddle } = planted
  for (const domain of crowd.keys()) {
    const planting = projectionOf === undefined ? {} : { projectionOf }
    const notify = between?.(network.notify) ?? network.notify
    servers.set(domain, await openServer({ domain, now: clock, chance, notify, ...planting }))
  }
  const all = [...servers.values()]
  const oracle = makeOracle(all, network)
  const hubOf = (domain: Domain): Hub => ({ server: serverOf(domain), chance, now: clock, people })
  const groups: GroupId[] = []
  const begin = async (domain: Domain): Promise<void> => {
    const [founder] = crowd.get(domain) ?? []
    if (founder !== undefined) groups.push(await found(hubOf(domain), founder))
  }
  for (const domain of [...crowd.keys()].slice(0, 2)) await begin(domain)
  const anyServer = (): Server => chance.one(all)!
  const at = async (act: (hub: Hub, group: GroupId) => Promise<unknown>): Promise<void> => {
    const group = chance.one(groups)!
    await act(hubOf(domainOf(group)), group)
  }
  const some = async (times: number, act: () => Promise<void>): Promise<void> => {
    for (let n = 0; n < times; n++) await act()
  }
  const round = async (server: Server): Promise<void> => {
    if (chance.percent(80)) await server.project()
    await roundOf(server.worker())
  }
  const truncate = async (hub: Hub, group: GroupId): Promise<void> => {
    await oracle.look()
    await hub.server.project()
    const last = (await hub.server.events.last(messagesStream(group)))?.revision ?? -1
    const needed = (await hub.server.view().needed(group)) ?? last
    await hub.server.events.truncate(messagesStream(group), Math.min(last, needed))
  }
  const dropCopies = async (): Promise<void> => {
    await oracle.look()
    const group = chance.one(groups)!
    const { events } = anyServer()
    const last = await events.last(messagesStream(group))
    if (last?.meta.hub !== undefined) await events.truncate(messagesStream(group), last.revision)
  }
  const step = async (): Promise<void> => {
    const dice = chance.below(100)
    if (dice < 30) return at((hub, group) => message(hub, group, chance.percent(25)))
    if (dice < 34) return some(8, () => at(message))
    if (dice < 50) return at(commit)
    if (dice < 53) return at(propose)
    if (dice < 57) return at(notice)
    if (dice < 58) return begin(chance.one([...crowd.keys()].slice(0, 3))!)
    if (dice < 84) return round(anyServer())
    if (dice < 88) return network.late()
    if (dice < 89) network.part(anyServer().domain, anyServer().domain)
    else if (dice < 90) network.join()
    else if (dice < 92) anyServer().crash()
    else return later(dice)
  }
  const later = async (dice: number): Promise<void> => {
    if (dice < 94) return anyServer().rebuild()
    if (dice < 96) return at(truncate)
    if (dice < 97) return dropCopies()
    now += chance.percent(20) ? 3_600_000 : 1 + chance.below(5_000)
  }

  const ended = async (): Promise<readonly string[]> => {
    network.heal()
    for (let n = 0; n < 60; n++) {
      now += 2_000
      for (const { worker, project, domain } of all) {
        if (n === 0) for (const peer of servers.keys()) if (peer !== domain) await worker().wake(peer)
        await project()
        await roundOf(worker())
      }
      await oracle.look()
      if (oracle.missing().length === 0) break
    }
    const broken = all.flatMap(({ record, domain }) =>
      Array.from(record().broken(), ([group, { reason }]) => `${domain} stopped at ${group}: ${reason}`),
    )
    const stopped = all.flatMap(({ worker, domain }) =>
      worker()
        .status()
        .stopped.map(({ peer, group, why }) => `${domain} stopped ${group} to ${peer}: ${why}`),
    )
    return [...oracle.missing(), ...broken, ...stopped, ...(await differing())]
  }

  /** Trees and seats of whoever follows to the end are the hub's. */
  const differing = async (): Promise<readonly string[]> => {
    const found: string[] = []
    for (const group of groups) {
      const hub = await groupAt({ server: serverOf(domainOf(group)) }, group)
      if (hub === undefined) continue
      for (const server of all) {
        const follows = [...hub.leaves.values()].some(({ client }) => domainOf(client) === server.domain)
        if (!follows || server.domain === domainOf(group)) continue
        const { state } = await server.streams().read(groupAggregate, groupStream(group))
        const same =
          state.status === 'active' &&
          toBase64url(state.mls.groupContext) === toBase64url(hub.mls.groupContext) &&
          [...state.users].every(([user, { role }]) => hub.users.get(user)?.role === role) &&
          JSON.stringify([...state.required.keys()].sort()) === JSON.stringify([...hub.required.keys()].sort()) &&
          state.profile?.blob.digest === hub.profile?.blob.digest &&
          state.settings.retentionMs === hub.settings.retentionMs
        if (!same) found.push(`${server.domain} has another ${group} than its hub`)
      }
    }
    return found
  }

  const history = (faults: readonly string[]): History => {
    const sent = [...network.sent.values()].flatMap((items) => [...items.values()])
    const of = (kind: string): number => sent.filter((one) => one.kind === kind).length
    return { faults, sent: sent.length, gaps: of('gap'), joins: of('join') }
  }
  for (let n = 0; n < steps; n++) {
    await step()
    if (meddle !== undefined) await meddle(anyServer(), chance.one(groups)!)
    await oracle.look()
    const faults = oracle.faults()
    if (faults.length > 0) return history(faults.map((fault) => `seed ${seed}, step ${n}: ${fault}`))
  }
  const faults = [...(await ended()), ...oracle.faults()]
  return history(faults.map((fault) => `seed ${seed}, at the end: ${fault}`))
}
