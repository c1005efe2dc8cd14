/** Two servers, one a hub and the other its follower, moved by hand: what the hub sends is caught, and given on by the test. */
import type { Item, Notified, Notify } from '#src/federation/item.js'
import type { QueueLimits } from '#src/federation/outbox/falling.js'
import { accepted } from '../mls/vectors.js'
import { forgedNow } from '../mls/forge.js'
import { decodeBody, encodeBody } from '#src/federation/wire/body.js'
import type { Codec } from '#src/federation/wire/body.js'
import type { Domain, GroupId } from '#src/mls/wire/ids.js'
import { addOf } from '../commands/forgedPeople.js'
import type { Person } from '../commands/forgedPeople.js'
import { commitOf, found } from '../simulation/federation/hub.js'
import type { Hub } from '../simulation/federation/hub.js'
import { crowdOf } from '../simulation/federation/people.js'
import { chanceOf } from '../simulation/federation/random.js'
import { domainsOf } from '../simulation/federation/simulate.js'
import { openServer, roundOf } from '../simulation/federation/server.js'
import type { Server } from '../simulation/federation/server.js'

export type Scene = {
  readonly hub: Hub
  readonly follower: Server
  readonly group: GroupId
  /** Of the hub's domain, in the group; and two of the follower's, who are not. */
  readonly alice: Person
  readonly bob: Person
  readonly bea: Person
  /** What was sent to the follower's server, in order; its answer is what `answer` says. */
  readonly sent: { readonly peer: Domain; readonly group: GroupId; readonly items: readonly Item[] }[]
  answer: Notify
  /** ms. */
  readonly advance: (ms: number) => void
  /** The outbox sees the log, and its worker does one round. */
  readonly round: () => Promise<void>
  /** Rounds until nothing more is sent; all that was sent, each number once. */
  readonly drain: () => Promise<readonly Item[]>
  readonly follow: (items: readonly Item[]) => Promise<Notified>
  readonly add: (who: Person) => Promise<boolean>
  /** The follower's operator has what stands still of the hub looked at again. */
  readonly reset: () => Promise<void>
}

/** It has all that it was sent. */
export const takesAll: Notify = (_peer, _group, items) =>
  Promise.resolve({ status: 'recorded', next: (items.at(-1)?.sequence ?? -1) + 1 })
export const isAway: Notify = () => Promise.reject(new Error('away'))

let crowd: ReturnType<typeof crowdOf> | undefined

export const openScene = async (limits?: QueueLimits): Promise<Scene> => {
  const domains = domainsOf(2)
  crowd ??= crowdOf(domains, 2)
  const people = [...(await crowd).values()].flat()
  const [alice, , bob, bea] = people
  const [here, there] = domains
  if (alice === undefined || bob === undefined || bea === undefined || here === undefined || there === undefined)
    throw new Error('a crowd of two domains has four people')
  let now = forgedNow
  const chance = chanceOf(1)
  const sent: Scene['sent'] = []
  const notify: Notify = (peer, group, items) => {
    sent.push({ peer, group, items })
    return scene.answer(peer, group, items)
  }
  const more = limits === undefined ? {} : { limits }
  const server = await openServer({ domain: here, now: () => now, chance, notify, ...more })
  const follower = await openServer({ domain: there, now: () => now, chance, notify: isAway })
  const hub: Hub = {
    server,
    chance,
    now: () => now,
    people: new Map(people.map((person) => [person.client, person] as const)),
  }
  const group = await found(hub, alice)
  const reset = (): Promise<void> => follower.reset(here)
  const round = async (): Promise<void> => {
    await server.project()
    await roundOf(server.worker())
    await server.project()
  }
  const scene: Scene = {
    ...{ hub, follower, group, alice, bob, bea, sent, round, reset },
    answer: takesAll,
    advance: (ms) => {
      now += ms
    },
    drain: async () => {
      for (let before = -1; before !== sent.length; now += 2_000) {
        before = sent.length
        await round()
        await round()
      }
      const all = new Map(sent.flatMap(({ items }) => items).map((item) => [item.sequence, item] as const))
      return [...all.values()]
    },
    follow: (items) => follower.record().record({ hub: here, group }, items),
    add: (who) => commitOf(hub, group, alice, [addOf(who)]),
  }
  return scene
}

/** The same item with another content. */
export const changed = <T>(item: Item, codec: Codec<T>, change: (content: T) => T): Item => ({
  ...item,
  bytes: encodeBody(codec, change(accepted(decodeBody(codec, item.bytes)))),
})
