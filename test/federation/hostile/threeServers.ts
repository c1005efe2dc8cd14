/** A hub and two followers of its group, moved by hand: one that is as it should be, and one that is not. */
import { peerAggregate } from '#src/commands/peer/peer.js'
import { resetPeer } from '#src/commands/peer/peerActs.js'
import { peerStream } from '#src/events/peerOutbox.js'
import type { Item, Notify } from '#src/federation/item.js'
import type { Domain, GroupId } from '#src/mls/wire/ids.js'
import { derivedId } from '#src/streams/commandId.js'
import { addOf } from '../../commands/forgedPeople.js'
import type { Person } from '../../commands/forgedPeople.js'
import { forgedNow } from '../../mls/forge.js'
import { commitOf, found } from '../../simulation/federation/hub.js'
import type { Hub } from '../../simulation/federation/hub.js'
import { crowdOf } from '../../simulation/federation/people.js'
import { chanceOf } from '../../simulation/federation/random.js'
import { openServer } from '../../simulation/federation/server.js'
import type { Server } from '../../simulation/federation/server.js'
import { domainsOf } from '../../simulation/federation/simulate.js'
import { isAway } from '../scene.js'

export type Three = {
  readonly hub: Hub
  readonly honest: Server
  readonly hostile: Server
  readonly group: GroupId
  /** At the hub, at the honest follower, at the hostile one. */
  readonly people: readonly [Person, Person, Person]
  /** What was put on the way to a server, in order. */
  readonly sentTo: (server: Server) => readonly Item[]
  /** What becomes of a request of the hub's: the honest record takes it, the hostile one is away, unless a test says otherwise. */
  notify: Notify
  readonly now: () => number
  readonly advance: (ms: number) => void
  /** The outbox sees the log, and serves one of them. */
  readonly serve: (server: Server) => Promise<unknown>
  /** As often as it takes for the honest follower to have all of it, at most so often; whether it has. */
  readonly reaches: (server: Server, times?: number) => Promise<boolean>
}

/** Its operator has what stands still of a hub looked at again. */
export const resetAt = async (server: Server, hub: Domain): Promise<void> => {
  const stream = peerStream(hub)
  const { state } = await server.streams().read(peerAggregate, stream)
  const act = state.resetAct + 1
  const command = { id: derivedId('test', 'reset', `${hub} ${act}`), bodyHash: 'test', at: forgedNow }
  await server.streams().execute(peerAggregate, stream, command, resetPeer({ act }))
}

let crowd: ReturnType<typeof crowdOf> | undefined

export const openThree = async (): Promise<Three> => {
  const domains = domainsOf(3)
  crowd ??= crowdOf(domains, 1)
  const [alice, bob, mallory] = [...(await crowd).values()].flat()
  const [here, there, elsewhere] = domains as [Domain, Domain, Domain]
  if (alice === undefined || bob === undefined || mallory === undefined)
    throw new Error('three domains have three people')
  let at = forgedNow
  const now = (): number => at
  const chance = chanceOf(1)
  const sent = new Map<Domain, Item[]>()
  const notify: Notify = (peer, group, items) => {
    sent.set(peer, [...(sent.get(peer) ?? []), ...items])
    return three.notify(peer, group, items)
  }
  const limits = { peerQueueMessagesMax: 10_000, peerQueueBytesMax: 1e9, peerQueueAgeMsMax: 1e12 }
  const server = await openServer({ domain: here, now, chance, notify, limits })
  const honest = await openServer({ domain: there, now, chance, notify: isAway })
  const ofHostile: Notify = (peer, group, items) =>
    peer === there ? honest.record().record({ hub: elsewhere, group }, items) : isAway(peer, group, items)
  const hostile = await openServer({ domain: elsewhere, now, chance, limits, notify: ofHostile })
  const people = new Map([alice, bob, mallory].map((person) => [person.client, person] as const))
  const hub: Hub = { server, chance, now, people }
  const group = await found(hub, alice)
  await commitOf(hub, group, alice, [addOf(bob)])
  await commitOf(hub, group, alice, [addOf(mallory)])
  const serve = async (one: Server): Promise<unknown> => {
    await server.project()
    return server.worker().serve(one.domain)
  }
  const three: Three = {
    ...{ hub, honest, hostile, group, now, serve },
    people: [alice, bob, mallory],
    sentTo: ({ domain }) => sent.get(domain) ?? [],
    notify: (peer, of, items) =>
      peer === there ? honest.record().record({ hub: here, group: of }, items) : isAway(peer, of, items),
    advance: (ms) => {
      at += ms
    },
    reaches: async (one, times = 8) => {
      for (let n = 0; n < times; n++) {
        await serve(one)
        at += 2_000
        await server.project()
        if ((await server.view().unconfirmed(one.domain)).length === 0) return true
      }
      return false
    },
  }
  return three
}
