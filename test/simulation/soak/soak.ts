/** One server, never restarted: honest people alone, then under all attacks at once; and what came of it. */
import { setMaxListeners } from 'node:events'
import { domain } from '../../commands/mlsFixture.js'
import { seeded } from '../../ports/seeded.js'
import { allocatorBounds, nodeFlags } from '../../support/asStarted.js'
import { mainThreadMs, residentMiB } from '../../support/processUsage.js'
import { startServer } from '../../support/startServer.js'
import { gather, reckon } from '../speakers.js'
import { letAttack } from './attackers.js'
import type { Blow } from './attackWorker.js'
import { attackersAddress } from './attack.js'
import { given } from './connection.js'
import { beHonest } from './honest.js'
import { countWaits } from './waits.js'
import type { Waits } from './waits.js'

export type SoakOptions = {
  readonly seed: number
  readonly aloneMs: number
  readonly attackedMs: number
  /** Told of every minute. */
  readonly say: (line: string) => void
}

export type Soaked = {
  /** Resident memory, MiB, every few seconds of the attacks. */
  readonly memory: readonly number[]
  readonly alone: Waits
  readonly attacked: Waits
  /** How often each answer was heard, by attack. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly faults: readonly string[]
}

const groups = 2
const peopleEach = 4
const sampleMs = 5_000
const minuteMs = 60_000

/**
 * A small cap, so that queues go beyond it soon; the attackers' address is counted as a client's, unlike this machine's own;
 * started as in production.
 */
const settings = {
  LIMITS: JSON.stringify({ queueMessagesMax: 200 }),
  TRUSTED_PROXIES: attackersAddress,
  LOG_LEVEL: 'error',
  DOMAIN: domain,
  NODE_OPTIONS: nodeFlags.join(' '),
  ...allocatorBounds,
}

export const soak = async ({ seed, aloneMs, attackedMs, say }: SoakOptions): Promise<Soaked> => {
  const server = await startServer(settings)
  const faults: string[] = []
  const [alone, attacked] = [countWaits(), countWaits()]
  let [waits, minute] = [alone, countWaits()]
  const answers = new Map<string, Map<string, number>>()
  const memory: number[] = []

  const struck = (blows: readonly Blow[]): void => {
    for (const { attack, answer, fault } of blows) {
      const known = answers.get(attack) ?? new Map<string, number>()
      answers.set(attack, known.set(answer, (known.get(answer) ?? 0) + 1))
      if (fault) faults.push(`${attack}: ${answer}`)
    }
  }

  let used = await mainThreadMs(server.pid)
  const watch = async (forMs: number, name: string): Promise<void> => {
    for (let at = 0; at < forMs; at += sampleMs) {
      await given(Math.min(sampleMs, forMs - at), running.signal)
      const resident = await residentMiB(server.pid)
      if (waits === attacked) memory.push(resident)
      if ((at + sampleMs) % minuteMs !== 0) continue
      const now = await mainThreadMs(server.pid)
      const busy = `main thread ${(((now - used) * 100) / minuteMs).toFixed(0)} %`
      used = now
      say(`${name} ${(at + sampleMs) / minuteMs}: ${busy}, ${lineOf(resident, minute, answers)}`)
      minute = countWaits()
    }
  }

  const running = new AbortController()
  setMaxListeners(0, running.signal)
  try {
    const people = []
    for (let n = 0; n < groups; n++) people.push(await gather([server.url], peopleEach))
    const honest = people.map((group) =>
      beHonest(group, {
        random: seeded(seed),
        signal: running.signal,
        waited: (ms) => {
          waits.add(ms)
          minute.add(ms)
        },
        failed: (what) => void faults.push(`honest ${what}`),
      }),
    )
    await watch(aloneMs, 'alone, minute')
    const attackers = await letAttack({ url: server.url, seed }, struck)
    waits = attacked
    await watch(attackedMs, 'minute')
    await attackers.stop()
    running.abort()
    await Promise.all(honest)
    for (const group of people) faults.push(...(await missed(group)))
    for (const { client } of people.flat()) await client.close()
  } catch (error) {
    faults.push(`it broke off: ${error instanceof Error ? (error.stack ?? '') : String(error)}`)
  } finally {
    running.abort()
    const code = await server.stop()
    if (code !== 0) faults.push(`the server ended with ${String(code)}`)
    if (server.log() !== '') faults.push(`the server said: ${server.log().slice(0, 2_000)}`)
  }
  return { memory, alone, attacked, answers, faults }
}

/** Whoever fetched is live again, to hear the rest. */
const missed = async (people: Awaited<ReturnType<typeof gather>>): Promise<readonly string[]> => {
  await people.at(-1)?.client.connect()
  const { acknowledged, lost, repeated, reordered } = await reckon(people)
  if (lost + repeated + reordered === 0 && acknowledged > 0) return []
  return [`of ${acknowledged} acknowledged messages ${lost} lost, ${repeated} repeated, ${reordered} out of order`]
}

const lineOf = (resident: number, waits: Waits, answers: Soaked['answers']): string => {
  const sums = new Map<string, number>()
  for (const byAnswer of answers.values())
    for (const [answer, count] of byAnswer) sums.set(answer, (sums.get(answer) ?? 0) + count)
  const said = [...sums].toSorted(([a], [b]) => a.localeCompare(b)).map(([answer, count]) => `${answer} × ${count}`)
  const times = `others p50 ${waits.percentile(50).toFixed(1)} p99 ${waits.percentile(99).toFixed(1)} ms of ${waits.count()}`
  return `resident ${resident.toFixed(0)} MiB, ${times}${said.length === 0 ? '' : `, answers so far ${said.join(', ')}`}`
}
