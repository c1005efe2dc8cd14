/**
 * Jobs J1, J2 and J4 of performance.md: send to N online, send to offline members, drain, idle sockets; one server process.
 * On the embedded log, and with BENCH_STORES=1 also on EventStoreDB (EVENTSTORE_URL names a fresh one, else the test
 * server in a process of its own), with the embedded read models in both.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openEventStoreDB } from '#src/adapters/eventStoreDB/eventStore.js'
import { systemClock } from '#src/adapters/system/clock.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { quietLogger } from '../test/adapters/eventStoreDB/quietLogger.js'
import { spawnTestServer } from '../test/adapters/eventStoreDB/server/spawn.js'
import { sendFromMany, sendToOffline } from './delivery/offline.js'
import { appendAlone } from './delivery/rawClient.js'
import { sendsUnderWay, type Row } from './delivery/row.js'
import { cpuMs, domain, each, median, openAll, openSender, perSecond, startServer, stop } from './delivery/server.js'
import type { Opened, Server } from './delivery/server.js'
import { settle } from './delivery/town.js'
import type { Hamlet, Town } from './delivery/town.js'

const cli = new URL('../../cli/main.js', import.meta.url).pathname

export const bench = {
  name: 'delivery',
  run: async (): Promise<void> => {
    const { EVENTSTORE_URL: given, ...environment } = process.env
    console.table(await measure(undefined, environment))
    if (process.env['BENCH_STORES'] !== '1') return
    const store = given === undefined ? await spawnTestServer() : undefined
    const url = given ?? store?.url ?? ''
    console.log(given === undefined ? "on EventStoreDB's test server, in another process" : 'on EVENTSTORE_URL')
    const openLog = () => Promise.resolve(openEventStoreDB({ url, logger: quietLogger(), clock: systemClock }))
    const rows = await measure(openLog, { ...environment, EVENTSTORE_URL: url })
    console.table([...rows, await appendAlone(url, whole.toOffline)])
    await store?.kill()
  },
}

/** How much one sender sends: to each size of group online (in three rounds), and to members offline. */
type Amount = { readonly toOnline: number; readonly toOffline: number }
const whole: Amount = { toOnline: 20_000, toOffline: 9_000 }
/** One sender's sends to one group wait for each other there, for two ways over the network each (docs/wire.md). */
const besideANetwork: Amount = { toOnline: 1_000, toOffline: 1_000 }

/** Groups that are sent to side by side, by a sender each: a few who send many at once, and many who send one after another. */
const crowds = [
  { clients: 16, members: 100 },
  { clients: sendsUnderWay, members: 10 },
] as const

const measure = async (
  openLog: (() => Promise<EventStore>) | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<readonly Row[]> => {
  const sizes = (process.env['BENCH_SIZES'] ?? '10,100,1000').split(',').map(Number)
  const dataDir = mkdtempSync(join(tmpdir(), 'homeserver-bench-'))
  const start = (): Promise<Server> => startServer(dataDir, environment)
  try {
    if (environment['EVENTSTORE_URL'] !== undefined)
      await promisify(execFile)(process.execPath, [cli, 'keys', 'init'], {
        env: { ...environment, DATA_DIR: dataDir, DOMAIN: domain },
      })
    await stop(await start())
    // What an idle socket takes has nothing to do with the log.
    const silent = openLog === undefined ? idle : []
    const crowded = crowds.flatMap(({ clients, members }) => Array<number>(clients).fill(members))
    const town = await settle(dataDir, domain, [...sizes, 100, ...crowded, ...silent], openLog)
    const amount = openLog === undefined ? whole : besideANetwork
    const server = await start()
    const rows: Row[] = []
    for (const hamlet of town.hamlets.slice(0, sizes.length))
      rows.push(...(await sendToOnline(server, town, hamlet, amount)))
    const offline = town.hamlets[sizes.length]
    if (offline !== undefined) rows.push(...(await sendToOffline(server, town, offline, amount.toOffline)))
    let next = sizes.length + 1
    for (const { clients } of crowds)
      rows.push(await sendFromMany(server, town, town.hamlets.slice(next, (next += clients)), whole.toOffline))
    await stop(server)
    if (silent.length > 0) {
      const quiet = await start()
      rows.push(await holdIdle(quiet, town, town.hamlets.slice(-silent.length)))
      await stop(quiet)
    }
    return rows
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const deliveredTargets: { readonly [size: number]: readonly [string, string] } = {
  10: ['≥ 50,000 /s', '≤ 2 ms'],
  100: ['≥ 170,000 /s', '≤ 4 ms'],
  1_000: ['≥ 160,000 /s, ≤ 6 µs', '≤ 20 ms'],
}
const sendToOnline = async (
  server: Server,
  town: Town,
  hamlet: Hamlet,
  { toOnline }: Amount,
): Promise<readonly Row[]> => {
  const size = hamlet.queues.length
  const rounds = 3
  const total = Math.max(600, Math.min(toOnline, 600_000 / size))
  let arrived = 0
  let due = Infinity
  let done: () => void = () => undefined
  const opened = await openAll(server, town, hamlet, () => {
    if (++arrived >= due) done()
  })
  let left = 0
  const sender = await openSender(server, town, hamlet, () => {
    if (left > 0) {
      left--
      sender.send()
    }
  })
  const blast = async (count: number): Promise<number> => {
    const began = performance.now()
    due = arrived + count * size
    const finished = new Promise<void>((resolve) => (done = resolve))
    left = Math.max(0, count - sendsUnderWay)
    for (let n = 0; n < Math.min(count, sendsUnderWay); n++) sender.send()
    await finished
    return performance.now() - began
  }
  await blast(total / 4)
  const before = cpuMs(server)
  const times: number[] = []
  for (let round = 0; round < rounds; round++) times.push(await blast(total))
  const cpu = cpuMs(server) - before
  const latencies: number[] = []
  for (let one = 0; one < 200; one++) latencies.push(await blast(1))
  for (const { counter } of opened) counter.close()
  sender.close()
  const [throughput = '', latency = ''] = deliveredTargets[size] ?? []
  return [
    {
      job: `J1 send to ${size} online, delivered`,
      figure: perSecond(total * size, median(times)),
      target: throughput,
      'server CPU each': each(total * size * rounds, cpu),
    },
    {
      job: `J1 until the last of ${size} has it, p50`,
      figure: `${median(latencies).toFixed(2)} ms`,
      target: latency,
      'server CPU each': '',
    },
  ]
}

/** Groups whose members are all connected and hear nothing. */
const idle = [1_000, 1_000, 1_000, 1_000, 1_000]

/** Resident memory of the server, KiB (Linux). */
const residentKiB = ({ pid }: Server): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)

/** What an open socket costs that nothing is sent to, on a server that has just started; the first group warms it up. */
const holdIdle = async (server: Server, town: Town, hamlets: readonly Hamlet[]): Promise<Row> => {
  const [first, ...others] = hamlets
  const warm = first === undefined ? [] : await openAll(server, town, first, () => undefined)
  const before = residentKiB(server)
  const opened: Opened[] = []
  for (const hamlet of others) opened.push(...(await openAll(server, town, hamlet, () => undefined)))
  const each = (residentKiB(server) - before) / opened.length
  for (const { counter } of [...warm, ...opened]) counter.close()
  return {
    job: `J4 memory of each of ${opened.length} more idle sockets`,
    figure: `${each.toFixed(1)} KiB`,
    target: '≤ 20 KiB',
    'server CPU each': '',
  }
}
