/**
 * A hub and a follower, a server process each on the embedded log: messages from a client of the hub to the socket of a client of
 * the follower, beside the same within the hub; then the backlog of a follower that was away.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../test/support/freePort.js'
import { cpuMs, each, median, openAll, openSender, perSecond, startServer, stop } from './delivery/server.js'
import type { Server } from './delivery/server.js'
import { messageOf } from './delivery/town.js'
import { sendsUnderWay } from './delivery/row.js'
import { groupOf, register, standInOf } from './federation/people.js'
import type { Person, StandIn } from './federation/people.js'
import { post } from './rest/post.js'

const rounds = 3
const perRound = Number(process.env['BENCH_ITEMS'] ?? 20_000)
const pings = 200
const backlog = Number(process.env['BENCH_BACKLOG'] ?? 100_000)

export const bench = {
  name: 'federation',
  run: async (): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), 'homeserver-bench-'))
    try {
      const [hubPort, followerPort] = [await freePort(), await freePort()]
      const peers = `hub.example=http://127.0.0.1:${hubPort},follower.example=http://127.0.0.1:${followerPort}`
      const start = (name: string, port: number): Promise<Server> =>
        startServer(join(folder, name), process.env, {
          ...{ DOMAIN: `${name}.example`, PORT: String(port), FEDERATION: 'allow', FEDERATION_PEERS: peers },
        })
      const hub = await start('hub', hubPort)
      const follower = await start('follower', followerPort)
      await measure(hub, follower, () => start('follower', followerPort))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

type Row = {
  readonly job: string
  readonly figure: string
  readonly aim?: string
  readonly 'CPU of the hub, each'?: string
  readonly 'of the follower'?: string
}

const measure = async (hub: Server, follower: Server, restart: () => Promise<Server>): Promise<void> => {
  const [alice, ben, bob] = [await register(hub, 'alice'), await register(hub, 'ben'), await register(follower, 'bob')]
  const near = await lineOf(alice, ben)
  const far = await lineOf(alice, bob)
  const rows: Row[] = []
  const within = await between(near, rows, 'within the hub', [hub, follower])
  const across = await between(far, rows, 'hub to follower', [hub, follower])
  const added = `${(across.p50 - within.p50).toFixed(2)} ms`
  rows.push({ job: 'added by the way to the follower, p50', figure: added, aim: '≤ 10 ms' })
  console.table(rows)
  console.table([await drain(far, across.arrived, follower, restart)])
  for (const { client } of [alice, ben, bob]) await client.close()
  await stop(hub)
}

/** Who sends to whom, in a group of theirs. */
type Line = { readonly from: Server; readonly to: Server; readonly sender: StandIn; readonly reader: StandIn }

const lineOf = async (one: Person, other: Person): Promise<Line> => {
  const group = await groupOf(one, other)
  const [sender, reader] = [await standInOf(one, group), await standInOf(other, group)]
  return { from: one.server, to: other.server, sender, reader }
}

/** Answers how long one message takes, p50, ms, and how much the reader has got by then. */
const between = async (line: Line, rows: Row[], way: string, servers: readonly [Server, Server]) => {
  const reader = await read(line.to, line.reader)
  const sender = await send(line.from, line.sender)
  const timed = async (count: number): Promise<number> => {
    const began = performance.now()
    const arriving = reader.reached(reader.arrived() + count)
    await sender.blast(count)
    await arriving
    return performance.now() - began
  }
  await timed(perRound / 4)
  const before = servers.map(cpuMs)
  const times: number[] = []
  for (let round = 0; round < rounds; round++) times.push(await timed(perRound))
  const [ofHub = 0, ofFollower = 0] = servers.map((server, at) => cpuMs(server) - (before[at] ?? 0))
  const alone: number[] = []
  for (let n = 0; n < pings; n++) alone.push(await timed(1))
  reader.close()
  sender.close()
  const p50 = median(alone)
  rows.push(
    {
      job: `${way}: delivered to one socket`,
      figure: perSecond(perRound, median(times)),
      aim: '≥ 5,000 /s',
      'CPU of the hub, each': each(perRound * rounds, ofHub),
      'of the follower': each(perRound * rounds, ofFollower),
    },
    { job: `${way}: one after another, until it is there, p50`, figure: `${p50.toFixed(2)} ms` },
  )
  return { p50, arrived: reader.arrived() }
}

/** Counts what arrives at the sockets of somebody, what waited in the queues included. */
const read = async (to: Server, { town, hamlet }: StandIn) => {
  let arrived = 0
  let due = Infinity
  let done: () => void = () => undefined
  const opened = await openAll(to, town, hamlet, () => {
    if (++arrived >= due) done()
  })
  return {
    arrived: () => arrived,
    reached: (total: number): Promise<void> =>
      new Promise((resolve) => {
        due = total
        done = resolve
        if (arrived >= due) resolve()
      }),
    close: () => {
      for (const { counter } of opened) counter.close()
    },
  }
}

/** Sends so many, a few at once; resolves once all were accepted. */
const send = async (from: Server, { town, hamlet }: StandIn) => {
  let [left, underWay] = [0, 0]
  let done: () => void = () => undefined
  const sender = await openSender(from, town, hamlet, () => {
    underWay--
    if (left > 0) next()
    else if (underWay === 0) done()
  })
  const next = (): void => {
    left--
    underWay++
    sender.send()
  }
  return {
    blast: (count: number): Promise<void> => {
      left = count
      const finished = new Promise<void>((resolve) => (done = resolve))
      for (let n = 0; n < Math.min(count, sendsUnderWay); n++) next()
      return finished
    },
    close: () => {
      sender.close()
    },
  }
}

/** The follower is away while so much is said; then it is back, and its client reads. */
const drain = async ({ from, sender, reader }: Line, had: number, follower: Server, restart: () => Promise<Server>) => {
  await stop(follower)
  const sending = await send(from, sender)
  const began = performance.now()
  await sending.blast(backlog)
  const sentMs = performance.now() - began
  const back = await restart()
  const before = [from, back].map(cpuMs)
  const returned = performance.now()
  // Whoever shows itself is tried at once, and not when the hub would have looked again.
  await sayFrom(back, reader)
  const reading = await read(back, reader)
  await reading.reached(had + backlog)
  const ms = performance.now() - returned
  const [ofHub = 0, ofFollower = 0] = [from, back].map((server, at) => cpuMs(server) - (before[at] ?? 0))
  reading.close()
  sending.close()
  await stop(back)
  return {
    job: `${backlog.toLocaleString('en')} that waited, drained to one socket`,
    figure: `${(ms / 1_000).toFixed(1)} s, ${perSecond(backlog, ms)}`,
    'sent meanwhile': perSecond(backlog, sentMs),
    'CPU of the hub, each': each(backlog, ofHub),
    'of the follower': each(backlog, ofFollower),
    load: loadavg()[0]?.toFixed(1) ?? '',
  }
}

const sayFrom = ({ host, port }: Server, { town, hamlet }: StandIn): Promise<void> => {
  const url = `http://${host}:${port}/v1/groups/${encodeURIComponent(hamlet.group)}/messages`
  return post(`Bearer ${town.clientToken(hamlet)}`, url, 'message/mls', messageOf(hamlet, 100))
}
