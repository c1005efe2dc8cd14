/**
 * People of three servers in groups that span them, who talk, commit, come and go by chance, while servers are killed, frozen and
 * away. Afterwards each follower's log has what its hub decided, and who was there all the time has read all that was acknowledged, once.
 */
import type { Group } from '#src/client/index.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import type { UserId } from '#src/mls/wire/ids.js'
import { seeded } from '../../ports/seeded.js'
import type { Seeded } from '../../ports/seeded.js'
import { openFederated } from '../../scenarios/federated.js'
import { groupAt, groupOf } from '../../scenarios/house.js'
import type { House, Player } from '../../scenarios/house.js'
import { faultsIn } from '../../stores/serverLogs.js'
import { strike, strikes } from './strike.js'

export type Life = { readonly seed: number; readonly operations: number; readonly strikes: number }
export type Lived = { readonly faults: readonly string[]; readonly line: string }

const domains = ['a.example', 'b.example', 'c.example'] as const
/** A hub that is killed is there again sooner; one that is away is not waited for. */
const patienceMs = 8_000
const settleMs = 90_000
/** So many operations one that is away stays so. */
const awayFor = 6

type Person = { readonly player: Player; readonly house: House }
/** Those who are never told to go, and never leave: one of each server. */
type Circle = { readonly group: Group; readonly staying: readonly Person[]; readonly said: string[] }

export const liveTogether = async (life: Life): Promise<Lived> => {
  const houses = await openFederated(domains, {}, patienceMs)
  try {
    return await liveIn(houses, life)
  } finally {
    for (const house of houses) await house.close()
  }
}

const liveIn = async (houses: readonly House[], { seed, operations, strikes: wanted }: Life): Promise<Lived> => {
  const random = seeded(seed)
  const [staying, moving] = [await peopleOf(houses, 'stay'), await peopleOf(houses, 'move')]
  const circles = [await circleOf(staying), await circleOf([...staying.slice(1), ...staying.slice(0, 1)])]
  const counts = new Map<string, number>()
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)
  const away = new Map<House, { readonly until: number; readonly back: () => Promise<void> }>()

  const operate = async (n: number): Promise<void> => {
    const here = [...staying, ...moving].filter(({ house }) => !away.has(house))
    const [what, act] = random.pick(acts)
    const done = await act(random.pick(circles), here, moving, `${n}`, random).then(
      () => 'done',
      () => 'refused',
    )
    count(`${what} ${done}`)
  }

  for (let n = 0; n < operations; n++) {
    const isStruck = Math.floor(((n + 1) * wanted) / operations) > Math.floor((n * wanted) / operations)
    for (const [house, { until, back }] of away)
      if (n >= until) {
        await back()
        away.delete(house)
      }
    const operating = operate(n)
    if (isStruck) {
      const house = random.pick(houses.filter((one) => !away.has(one)))
      const what = away.size === 0 ? random.pick(strikes) : 'killed'
      const { back } = await strike(house, what, random)
      if (what === 'away') away.set(house, { until: n + awayFor, back })
      count(what)
    }
    await operating
  }
  for (const { back } of away.values()) await back()
  const logs = houses.map(({ server }, at) => ({ domain: parseDomain(domains[at] ?? '')!, dataDir: server.dataDir }))
  const unread = (await Promise.all(circles.map(settled))).flat()
  const faults = process.env['SCENARIOS_MONGOD'] === undefined ? await faultsIn(logs, settleMs) : []
  const told = [...counts].sort().map(([what, times]) => `${what} ${times}`)
  return { faults: [...unread, ...faults], line: `seed ${seed}: ${operations} operations: ${told.join(', ')}` }
}

const peopleOf = (houses: readonly House[], name: string): Promise<readonly Person[]> =>
  Promise.all(houses.map(async (house) => ({ house, player: await house.register(name) })))

/** The first one’s server is its hub; all may do everything in it. */
const circleOf = async (staying: readonly Person[]): Promise<Circle> => {
  const [owner, ...others] = staying.map(({ player }) => player)
  const group = await groupOf(owner!, ...others)
  for (const { client } of others) await group.setRole(client.user, 'admin')
  return { group, staying, said: [] }
}

type Act = (
  circle: Circle,
  here: readonly Person[],
  moving: readonly Person[],
  what: string,
  random: Seeded,
) => Promise<void>

const isIn = ({ player }: Person, { group }: Circle): boolean =>
  player.client.groups().some(({ id }) => id === group.id) && groupAt(player, group).status() === 'active'

/** Somebody who is in it, as far as its client knows by now. */
const memberOf = async (circle: Circle, people: readonly Person[], random: Seeded): Promise<Player> => {
  const members = people.filter((person) => isIn(person, circle))
  if (members.length === 0) throw new Error('nobody is there')
  const { player } = random.pick(members)
  await player.client.sync()
  return player
}

const say: Act = async (circle, here, _moving, what, random) => {
  const player = await memberOf(circle, here, random)
  const text = `${what} by ${player.handle}`
  await groupAt(player, circle.group).send(text)
  circle.said.push(text)
}
const commit: Act = async (circle, here, _moving, _what, random) => {
  await groupAt(await memberOf(circle, here, random), circle.group).update()
}
const staysHere = (circle: Circle, here: readonly Person[]): readonly Person[] =>
  here.filter((person) => circle.staying.includes(person))

/** Of those who come and go, as one who stays sees it. */
const mover: (
  ...of: Parameters<Act>
) => Promise<{ readonly group: Group; readonly user: UserId; readonly isIn: boolean }> = async (
  circle,
  here,
  moving,
  _what,
  random,
) => {
  const by = await memberOf(circle, staysHere(circle, here), random)
  const { user } = random.pick(moving).player.client
  const group = groupAt(by, circle.group)
  return { group, user, isIn: group.members().some((member) => member.user === user) }
}
const invite: Act = async (...of) => {
  const { group, user, isIn } = await mover(...of)
  if (!isIn) await group.invite(user)
}
const expel: Act = async (...of) => {
  const { group, user, isIn } = await mover(...of)
  if (isIn) await group.remove(user)
}
const leave: Act = async (circle, here, moving, _what, random) => {
  const player = await memberOf(
    circle,
    here.filter((person) => moving.includes(person)),
    random,
  )
  await groupAt(player, circle.group).leave()
}

const acts: readonly (readonly [string, Act])[] = [
  ...[1, 2, 3, 4].map(() => ['say', say] as const),
  ...[1, 2].map(() => ['commit', commit] as const),
  ['invite', invite],
  ['invite', invite],
  ['remove', expel],
  ['leave', leave],
]

/** Those who stayed are in one epoch and read all that was acknowledged, each text once, and all in one order. */
const settled = async (circle: Circle): Promise<readonly string[]> => {
  const deadline = Date.now() + settleMs
  const players = circle.staying.map(({ player }) => player)
  const textsOf = (player: Player): readonly string[] =>
    player.events.flatMap((event) => (event.type === 'message' && event.group === circle.group.id ? [event.text] : []))
  const missingOf = (player: Player): readonly string[] => {
    const read = new Set(textsOf(player))
    return circle.said.filter((text) => !read.has(text) && !text.endsWith(` by ${player.handle}`))
  }
  const epochs = (): number => new Set(players.map((player) => groupAt(player, circle.group).epoch())).size
  for (;;) {
    for (const player of players) {
      await player.client.sync().catch(() => undefined)
      player.events.push(...(await player.client.take()))
    }
    const isOver = epochs() === 1 && players.every((player) => missingOf(player).length === 0)
    if (isOver || Date.now() > deadline) break
  }
  return players.flatMap((player) => {
    const texts = textsOf(player)
    const others = textsOf(players[0]!)
    const common = (these: readonly string[], those: readonly string[]) => these.filter((text) => those.includes(text))
    return [
      ...missingOf(player).map((text) => `${player.handle} never read “${text}”`),
      ...(new Set(texts).size === texts.length ? [] : [`${player.handle} read something twice`]),
      ...(common(texts, others).join() === common(others, texts).join()
        ? []
        : [`${player.handle} read in another order`]),
      ...(epochs() === 1 ? [] : [`${player.handle} is in epoch ${groupAt(player, circle.group).epoch()}`]),
    ]
  })
}
