/**
 * kill -9 under load, round after round: of a server on its embedded store, or (`--cluster`) of a homeserver process, the log's
 * server or MongoDB. Whatever was acknowledged must be read by everybody, once and in each sender's order.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { type Client, createAccount, type Group, memoryStore } from '#src/client/index.js'
import { seeded } from '../ports/seeded.js'
import { startCluster } from '../support/startCluster.js'
import { startServer } from '../support/startServer.js'
import type { Simulation } from './main.js'

/** What can be killed, and what is there again afterwards. */
type Victim = { readonly name: string; readonly kill: () => Promise<void>; readonly start: () => Promise<void> }
type Target = {
  readonly urls: readonly string[]
  readonly victims: readonly Victim[]
  readonly stop: () => Promise<unknown>
}

type Sender = { readonly client: Client; readonly name: string; readonly read: string[]; acknowledged: number }

const senders = 4
const roundMsMax = 400
const settleMs = 120_000

export const simulation: Simulation = async ({ seed, rounds, cluster }) => {
  const random = seeded(seed)
  const target = cluster ? await wholeCluster() : await oneServer()
  try {
    const people = await gather(target.urls)
    let stopped = false
    const speaking = people.map((sender) => speak(sender, () => stopped))
    const killed = new Map<string, number>()
    for (let round = 0; round < rounds; round++) {
      await pause(random.integer(roundMsMax))
      const victim = random.pick(target.victims)
      await victim.kill()
      await victim.start()
      killed.set(victim.name, (killed.get(victim.name) ?? 0) + 1)
    }
    stopped = true
    await Promise.all(speaking)
    const { acknowledged, lost, repeated, reordered } = await reckon(people)
    const kills = [...killed].map(([name, count]) => `${name} ${count}`).join(', ')
    const result = `${acknowledged} acknowledged, ${lost} lost, ${repeated} repeated, ${reordered} out of order`
    const line = `seed ${seed}, ${rounds} rounds of kill -9 (${kills}): ${result}`
    if (lost + repeated + reordered > 0) throw new Error(line)
    return line
  } finally {
    await target.stop()
  }
}

const oneServer = async (): Promise<Target> => {
  const server = await startServer()
  return {
    urls: [server.url],
    victims: [{ name: 'homeserver', kill: server.crash, start: server.restart }],
    stop: server.stop,
  }
}

const wholeCluster = async (): Promise<Target> => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/mongod.mjs'])
  const { processes, log, mongod, stop } = await startCluster(stdout.trim())
  const [one, two] = processes
  return {
    urls: [one.url, two.url],
    victims: [
      { name: 'first process', kill: one.crash, start: one.restart },
      { name: 'second process', kill: two.crash, start: two.restart },
      { name: 'EventStoreDB test server', kill: log.kill, start: log.start },
      { name: 'MongoDB', kill: mongod.kill, start: mongod.start },
    ],
    stop,
  }
}

/** People in one group, each with the servers in another order, each listening. */
const gather = async (urls: readonly string[]): Promise<readonly Sender[]> => {
  const people: Sender[] = []
  for (let n = 0; n < senders; n++) {
    const name = `sender-${n}-${randomBytes(3).toString('hex')}`
    const server = n % 2 === 0 ? urls : urls.toReversed()
    const client = await createAccount({ server, store: memoryStore(), handle: name, patienceMs: settleMs })
    await client.connect()
    const sender = { client, name, read: [], acknowledged: 0 }
    listen(sender)
    people.push(sender)
  }
  const [first, ...others] = people
  const group = await first?.client.createGroup()
  await group?.invite(...others.map(({ client }) => client.user))
  await until(() => people.every(({ client }) => client.groups().length === 1))
  return people
}

const listen = ({ client, read }: Sender): void => {
  const listening = async (): Promise<void> => {
    for await (const { text } of client.messages()) read.push(text)
  }
  listening().catch(() => undefined)
}

const groupOf = ({ client, name }: Sender): Group => {
  const [group] = client.groups()
  if (group === undefined) throw new Error(`${name} is in no group`)
  return group
}

const speak = async (sender: Sender, isOver: () => boolean): Promise<void> => {
  while (!isOver()) {
    await groupOf(sender).send(`${sender.name} ${sender.acknowledged}`)
    sender.acknowledged++
  }
}

type Reckoning = { acknowledged: number; lost: number; repeated: number; reordered: number }

const reckon = async (people: readonly Sender[]): Promise<Reckoning> => {
  const acknowledged = people.reduce((sum, sender) => sum + sender.acknowledged, 0)
  await until(() => people.every(({ read, acknowledged: own }) => read.length >= acknowledged - own)).catch(
    () => undefined,
  )
  const found: Reckoning = { acknowledged, lost: 0, repeated: 0, reordered: 0 }
  for (const reader of people)
    for (const sender of people) {
      if (sender === reader) continue
      const heard = reader.read
        .filter((text) => text.startsWith(`${sender.name} `))
        .map((text) => Number(text.split(' ')[1]))
      const distinct = new Set(heard)
      found.lost += sender.acknowledged - distinct.size
      found.repeated += heard.length - distinct.size
      found.reordered += heard.filter((n, at) => at > 0 && n < (heard[at - 1] ?? 0)).length
    }
  return found
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const until = async (holds: () => boolean): Promise<void> => {
  const deadline = Date.now() + settleMs
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it does not settle')
    await pause(20)
  }
}
