/**
 * kill -9 under load, round after round: of a server on its embedded store, or (`--cluster`) of a homeserver process, the log's
 * server or MongoDB. Whatever was acknowledged must be read by everybody, once and in each sender's order.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { seeded } from '../ports/seeded.js'
import { startCluster } from '../support/startCluster.js'
import { startServer } from '../support/startServer.js'
import type { Simulation } from './main.js'
import { gather, pause, reckon, speak } from './speakers.js'

/** What can be killed, and what is there again afterwards. */
type Victim = { readonly name: string; readonly kill: () => Promise<void>; readonly start: () => Promise<void> }
type Target = {
  readonly urls: readonly string[]
  readonly victims: readonly Victim[]
  readonly stop: () => Promise<unknown>
}

const senders = 4
const roundMsMax = 400

export const simulation: Simulation = async ({ seed, rounds, cluster }) => {
  const random = seeded(seed)
  const target = cluster ? await wholeCluster() : await oneServer()
  try {
    const people = await gather(target.urls, senders)
    let stopped = false
    const speaking = people.map(async (speaker) => {
      while (!stopped) await speak(speaker)
    })
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
