/**
 * The dearest single requests that an anonymous and a registered client can make: what each costs the server's main
 * thread (by the scheduler's own count, so on Linux only, the receiving included) and how much more memory it holds.
 */
import { mainThreadMs, residentMiB } from '../test/support/processUsage.js'
import { startServer } from '../test/support/startServer.js'
import { WebSocket } from 'ws'
import { once } from 'node:events'
import { at } from '../test/api/groupPeople.js'
import { domain } from '../test/commands/mlsFixture.js'
import { forgedMessage } from '../test/faults/forgers.js'
import { houseAt } from '../test/faults/house.js'
import type { RealHouse } from '../test/faults/house.js'
import { arm } from '../test/simulation/soak/armed.js'
import type { Armed } from '../test/simulation/soak/armed.js'

const rounds = 20
const MiB = 1024 * 1024

type Dear = {
  readonly who: 'anonymous' | 'registered'
  readonly what: string
  readonly method: string
  readonly path: string
  readonly body?: string
}

/** As many of `unit` as fit between the two, in so many bytes. */
const filled = (before: string, unit: string, after: string, bytes: number): string =>
  before + unit.repeat(Math.floor((bytes - before.length - after.length) / unit.length)) + after

const mlsJson = 3.5 * MiB
const json = MiB / 4
const keyPackages = (what: string, body: string): Dear => ({
  who: 'registered',
  what: `KeyPackages, 3.5 MiB: ${what}`,
  method: 'POST',
  path: '/v1/keyPackages',
  body,
})
const dear: readonly Dear[] = [
  { who: 'anonymous', what: 'the OpenAPI document', method: 'GET', path: '/openapi.json' },
  { who: 'anonymous', what: 'the documentation', method: 'GET', path: '/docs' },
  {
    who: 'anonymous',
    what: 'a token, 256 KiB of text',
    method: 'POST',
    path: '/v1/token',
    body: filled('{"assertion":"', 'x', '"}', json),
  },
  {
    who: 'anonymous',
    what: 'a token, 4,096 values',
    method: 'POST',
    path: '/v1/token',
    body: filled('{"a":[', '1,', '1]}', 8_190),
  },
  {
    who: 'anonymous',
    what: 'a token, 256 KiB of fields',
    method: 'POST',
    path: '/v1/token',
    body: filled('{"a":1', ',"b":1', '}', json),
  },
  keyPackages('numbers', filled('{"keyPackages":[', '1,', '1]}', mlsJson)),
  keyPackages('one string', filled('{"keyPackages":["', 'A', '"]}', mlsJson)),
  keyPackages('100 strings', JSON.stringify({ keyPackages: Array.from({ length: 100 }, () => 'A'.repeat(36_000)) })),
  keyPackages('escapes', filled('{"keyPackages":["', '\\u0041', '"]}', mlsJson)),
  keyPackages('white space', filled('{"keyPackages":[', ' ', '1]}', mlsJson)),
]

export const bench = {
  name: 'dearest',
  run: async (): Promise<void> => {
    const server = await startServer({ DOMAIN: domain })
    const house = await houseAt(server)
    const by = await arm(house)
    const rows = []
    for (const one of dear)
      rows.push(await measure(server.pid, one.who, one.what, () => request(server.url, by.token, one)))
    for (const [who, what, work] of await others(house, by)) rows.push(await measure(server.pid, who, what, work))
    console.table(rows)
    await server.stop()
  },
}

type Row = readonly [Dear['who'], string, () => Promise<unknown>]

/** What is no single body of JSON: frames, pages, and what MLS costs. */
const others = async (house: RealHouse, by: Armed): Promise<readonly Row[]> => {
  for (let n = 0; n < 70; n++)
    await house.ask(by, 'POST', at(by.group, '/messages'), { mls: forgedMessage(by.group, 0n, 60_000) })
  const reader = { token: by.queueToken }
  const page = `/v1/queues/${encodeURIComponent(by.queue)}/items?limit=500`
  const known = await talker(house.server.url, by.token)
  const beyond = await talker(house.server.url, by.token)
  const text = filled('{"type":"send","id":"a","group":"x","message":"', 'A', '"}', 511 * 1024)
  const values = filled('{"type":"token","token":"x","y":[', '1,', '1]}', 8_192)
  return [
    ['anonymous', 'a websocket and a frame of 8 KiB', async () => (await talker(house.server.url)).once(values)],
    ['registered', 'a frame of 511 KiB of text', () => known.say(text)],
    ['registered', 'a frame of 4,096 values', () => beyond.say(values)],
    ['registered', 'a page of 4 MiB', () => house.ask(reader, 'GET', page)],
    [
      'registered',
      '100 KeyPackages with replace',
      () => house.ask(by, 'POST', '/v1/keyPackages', { text: by.keyPackages() }),
    ],
    [
      'registered',
      'a Commit of 150 Adds',
      () => house.ask(by, 'POST', at(by.group, '/commits?dryRun=true'), { mls: by.manyAdds }),
    ],
    [
      'registered',
      'a GroupInfo of a forged crowd',
      () => house.ask(by, 'PUT', at(by.group), { mls: by.crowd(by.group) }),
    ],
    [
      'registered',
      'a claim',
      () =>
        house.ask(by, 'POST', `/v1/clients/${encodeURIComponent(by.client)}/keyPackages/claim`, {
          json: { cipherSuite: 1 },
        }),
    ],
  ]
}

/** A websocket on which each frame is answered. */
const talker = async (url: string, token?: string) => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/websocket`, { headers })
  await once(socket, 'open')
  const say = async (frame: string): Promise<void> => {
    socket.send(frame)
    await once(socket, 'message')
  }
  return {
    say,
    once: async (frame: string): Promise<void> => {
      await say(frame)
      socket.terminate()
    },
  }
}

const request = async (url: string, token: string, { method, path, body }: Dear): Promise<void> => {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  }
  const answer = await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body }) })
  await answer.arrayBuffer()
}

const measure = async (pid: number, who: string, what: string, ask: () => Promise<unknown>) => {
  for (let warm = 0; warm < 5; warm++) await ask()
  const [before, held] = [await mainThreadMs(pid), await residentMiB(pid)]
  for (let round = 0; round < rounds; round++) await ask()
  const ms = ((await mainThreadMs(pid)) - before) / rounds
  const more = Math.max(0, (await residentMiB(pid)) - held)
  return { who, what, 'main thread ms': Number(ms.toFixed(1)), [`MiB held after ${rounds}`]: Math.round(more) }
}
