/** Signals to 100 online members, alone and beside messages: one server process, the embedded log. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { groupIdBytes } from '#src/mls/wire/ids.js'
import { encodeSignal } from '#src/mls/wire/signal.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { random } from '../test/mls/forge.js'
import { openCounter } from './delivery/counter.js'
import { each, openAll, openSender, perSecond, startServer, stop, cpuMs, domain, median } from './delivery/server.js'
import type { Server } from './delivery/server.js'
import { settle } from './delivery/town.js'
import type { Hamlet, Town } from './delivery/town.js'

const members = 100
const signals = 10_000
const messages = 500
/** In one turn: what comes faster is dropped, and a benchmark counts what arrived. */
const burst = 8

export const bench = {
  name: 'signals',
  run: async (): Promise<void> => {
    const dataDir = mkdtempSync(join(tmpdir(), 'homeserver-bench-'))
    try {
      await stop(await startServer(dataDir, process.env))
      const town = await settle(dataDir, domain, [members])
      const [hamlet] = town.hamlets
      if (hamlet === undefined) throw new Error('nobody is there')
      const server = await startServer(dataDir, process.env)
      await measure(server, town, hamlet, 500, 0)
      const rows = [await measure(server, town, hamlet, signals, 0)]
      rows.push(await measure(server, town, hamlet, 0, messages))
      rows.push(await measure(server, town, hamlet, signals, messages))
      console.table(rows)
      await stop(server)
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  },
}

/** Messages one after another while signals come as fast as the server takes them. */
const measure = async (server: Server, town: Town, hamlet: Hamlet, signalsDue: number, messagesDue: number) => {
  let [heard, taken] = [0, 0]
  let itemIn: () => void = () => undefined
  let items = 0
  const opened = await openAll(
    server,
    town,
    hamlet,
    () => {
      if (++items % members === 0) itemIn()
    },
    () => heard++,
  )
  heard = 0
  const sender = await openSender(server, town, hamlet, () => undefined)
  const speaker = await openCounter({ ...server, token: town.clientToken(hamlet), onFrame: () => undefined })
  const before = cpuMs(server)
  const began = performance.now()
  const latencies: number[] = []
  const talk = async (): Promise<void> => {
    for (let n = 0; n < messagesDue; n++) {
      const at = performance.now()
      const arrived = new Promise<void>((resolve) => (itemIn = resolve))
      sender.send()
      await arrived
      latencies.push(performance.now() - at)
    }
  }
  const frame = Buffer.from(JSON.stringify({ type: 'signal', group: hamlet.group, signal: signalOf(hamlet) }))
  const signal = async (): Promise<void> => {
    while (taken < signalsDue) {
      const due = heard + burst * (members - 1)
      for (let n = 0; n < burst; n++, taken++) speaker.send(frame, false)
      for (let waited = 0; heard < due && waited < 400; waited++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await Promise.all([talk(), signal()])
  const ms = performance.now() - began
  const cpu = cpuMs(server) - before
  for (const { counter } of opened) counter.close()
  sender.close()
  speaker.close()
  return {
    job: `${signalsDue} signals to ${members - 1}, ${messagesDue} messages`,
    signals: signalsDue === 0 ? '' : perSecond(taken, ms),
    'signals told': heard === 0 ? '' : perSecond(heard, ms),
    arrived: signalsDue === 0 ? '' : `${Math.round((100 * heard) / (taken * (members - 1)))} %`,
    'message until the last has it, p50': latencies.length === 0 ? '' : `${median(latencies).toFixed(2)} ms`,
    'server CPU for each told': heard === 0 ? '' : each(heard, cpu),
  }
}

const signalOf = ({ group, epoch }: Hamlet): string =>
  toBase64url(
    encodeSignal({
      groupId: groupIdBytes(group),
      epoch,
      leafIndex: 0,
      nonce: random(12),
      ciphertext: random(144),
      signature: random(64),
    }),
  )
