/**
 * The dearest single requests that an anonymous and a registered client can make: what each costs the server's main
 * thread (by the scheduler's own count, so on Linux only, the receiving included) and how much more memory it holds.
 */
import { mainThreadMs, residentMiB } from '../test/support/processUsage.js'
import { startServer } from '../test/support/startServer.js'
import { settle } from './rest/town.js'

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
    const server = await startServer()
    const { client, authorization } = await settle(server.url, 'dear')
    const rows = []
    for (const one of dear) rows.push(await measure(server, authorization, one))
    console.table(rows)
    await client.close()
    await server.stop()
  },
}

type Server = { readonly url: string; readonly pid: number }

const measure = async (server: Server, authorization: string, { who, what, method, path, body }: Dear) => {
  const ask = async (): Promise<void> => {
    const headers = { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
    const answer = await fetch(server.url + path, { method, headers, ...(body === undefined ? {} : { body }) })
    await answer.arrayBuffer()
  }
  for (let warm = 0; warm < 5; warm++) await ask()
  const [before, held] = [await mainThreadMs(server.pid), await residentMiB(server.pid)]
  for (let round = 0; round < rounds; round++) await ask()
  const ms = ((await mainThreadMs(server.pid)) - before) / rounds
  const more = Math.max(0, (await residentMiB(server.pid)) - held)
  return { who, what, 'main thread ms': Number(ms.toFixed(1)), [`MiB held after ${rounds}`]: Math.round(more) }
}
