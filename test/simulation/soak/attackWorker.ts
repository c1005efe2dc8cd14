/** All attacks at once, in a thread of their own: how long others wait is measured where nobody attacks. */
import { setMaxListeners } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { seeded } from '../../ports/seeded.js'
import { byHand } from '../../faults/byHand.js'
import { houseAt } from '../../faults/house.js'
import { anonymousAttacks } from './anonymousAttacks.js'
import { arm } from './armed.js'
import type { Armed } from './armed.js'
import type { Attack, Ground } from './attack.js'
import { given } from './connection.js'
import { registeredAttacks } from './registeredAttacks.js'
import { websocketAttacks } from './websocketAttacks.js'

export type Siege = { readonly url: string; readonly seed: number }
/** What was answered to an attack; `fault` where it may not be. */
export type Blow = { readonly attack: string; readonly answer: string; readonly fault: boolean }
export type FromAttackers = 'armed' | 'over' | readonly Blow[]

const attackers = 3
const tellMs = 500
/** Well within the life of a token. */
const renewMs = 5 * 60_000

const { url, seed } = workerData as Siege
const port = parentPort
if (port === null) throw new Error('not a thread')
const tell = (said: FromAttackers): void => {
  port.postMessage(said)
}

const over = new AbortController()
setMaxListeners(0, over.signal)
const house = await houseAt({ url, dataDir: '', stop: () => Promise.resolve(0) })
let armed: readonly Armed[] = await Promise.all(Array.from({ length: attackers }, () => arm(house)))
const random = seeded(seed)
const ground: Ground = {
  house,
  port: Number(new URL(url).port),
  ask: byHand(Number(new URL(url).port)),
  random,
  attacker: () => random.pick(armed),
  signal: over.signal,
}

const blows: Blow[] = []

const strike = async (attack: Attack): Promise<void> => {
  const answers = await begin(attack).catch((error: unknown) => [whatFailed(error)])
  for (const answer of answers) blows.push({ attack: attack.name, answer, fault: !attack.answers.test(answer) })
}

const begin = async (attack: Attack): Promise<readonly string[]> => attack.run(ground)

/** A connection that ends is an answer, whatever the one who asked makes of it. */
const whatFailed = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return ['ECONNRESET', 'EPIPE', 'ECONNREFUSED'].includes(code) ? 'cut' : String(error)
}

/** The first at once, the others as they come. */
const keepAttacking = async (attack: Attack): Promise<void> => {
  const underWay = new Set<Promise<void>>()
  while (!over.signal.aborted) {
    const one: Promise<void> = strike(attack).finally(() => underWay.delete(one))
    underWay.add(one)
    await given(attack.everyMs / 2 + random.integer(attack.everyMs), over.signal)
  }
  await Promise.all(underWay)
}

const renewed = async (one: Armed): Promise<Armed> => ({
  ...one,
  token: await house.tokenOf(one.client, one.key),
  queueToken: await house.tokenOf(one.queue, one.queueKey),
})

const keepTokens = async (): Promise<void> => {
  while ((await given(renewMs, over.signal), !over.signal.aborted)) armed = await Promise.all(armed.map(renewed))
}

port.on('message', (said) => {
  if (said === 'stop') over.abort()
})
tell('armed')
const telling = setInterval(() => {
  tell(blows.splice(0))
}, tellMs)
await Promise.all([
  keepTokens(),
  ...[...anonymousAttacks, ...websocketAttacks, ...registeredAttacks].map(keepAttacking),
])
clearInterval(telling)
tell(blows.splice(0))
tell('over')
port.close()
