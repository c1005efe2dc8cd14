/**
 * What an operator waits for, a page of a list of many people at a time: by id, by the beginning of their handles, one by its
 * handle. `PEOPLE=100000`. On the embedded read models, and with BENCH_STORES=1 also in a real MongoDB.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startMongod } from '../test/stores/mongod.js'
import { startServer } from '../test/support/startServer.js'
import type { RunningServer, ServerSettings } from '../test/support/startServer.js'
import { handleOf, seedPeople } from './people/seed.js'

const people = Number(process.env['PEOPLE'] ?? 100_000)
const pageMsMax = 50
const sought = 500
const OPERATOR_TOKEN = 'hs_op_OperatorOfTheBenchmark01234567'

export const bench = {
  name: 'people',
  run: async (): Promise<void> => {
    const rows = [...(await measure('embedded', {}))]
    if (process.env['BENCH_STORES'] === '1') {
      const { stdout } = await promisify(execFile)(process.execPath, ['scripts/mongod.mjs'])
      const mongod = await startMongod(stdout.trim())
      rows.push(...(await measure('MongoDB', { MONGODB_URL: mongod.url })))
      await mongod.remove()
    }
    console.table(rows)
  },
}

type Row = Readonly<Record<'read models' | 'job' | 'asked' | 'p50' | 'p99' | 'longest' | 'floor', string>>

const measure = async (stores: string, more: ServerSettings): Promise<readonly Row[]> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'homeserver-bench-'))
  const settings = { DATA_DIR: dataDir, DOMAIN: 'bench.example', OPERATOR_TOKEN, ...more }
  try {
    await (await startServer(settings)).stop()
    await seedPeople(dataDir, settings.DOMAIN, people)
    const server = await startServer(settings)
    await level(server)
    const row = (job: string, times: readonly number[]): Row => ({ 'read models': stores, job, ...inShort(times) })
    const rows = [
      row('a page of all, by id', await pages(server, {})),
      row('a page of those whose handles begin so', await pages(server, { prefix: 'person0' })),
      row('one, by its handle', await oneByOne(server)),
    ]
    await server.stop()
    return rows
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const inShort = (times: readonly number[]) => {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (part: number): string => `${(sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1)} ms`
  const longest = `${(sorted.at(-1) ?? 0).toFixed(1)} ms`
  return { asked: String(times.length), p50: at(0.5), p99: at(0.99), longest, floor: `${String(pageMsMax)} ms a page` }
}

/** Until all of them are in the read models. */
const level = async ({ url }: RunningServer): Promise<void> => {
  while ((await fetch(`${url}/readyz`)).status !== 200) await setTimeout(100)
  while ((await ask(url, { handle: handleOf(people - 1) })).users.length === 0) await setTimeout(100)
}

type Page = { readonly users: readonly unknown[]; readonly next?: string }

const ask = async (url: string, query: Readonly<Record<string, string>>): Promise<Page> => {
  const answer = await fetch(`${url}/v1/operator/users?${new URLSearchParams(query).toString()}`, {
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
  })
  if (answer.status !== 200) throw new Error(`${String(answer.status)} ${await answer.text()}`)
  return (await answer.json()) as Page
}

/** From the first page to the last, one after another; how long each took, ms. */
const pages = async ({ url }: RunningServer, query: Readonly<Record<string, string>>): Promise<readonly number[]> => {
  const times: number[] = []
  let seen = 0
  for (let after: string | undefined; ;) {
    const started = performance.now()
    const page = await ask(url, after === undefined ? query : { ...query, after })
    times.push(performance.now() - started)
    seen += page.users.length
    after = page.next
    if (after === undefined) break
  }
  const wanted = Math.min(people, 100_000)
  if (seen < wanted) throw new Error(`${String(seen)} of ${String(wanted)} were listed`)
  return times
}

const oneByOne = async ({ url }: RunningServer): Promise<readonly number[]> => {
  const times: number[] = []
  for (let n = 0; n < sought; n++) {
    const started = performance.now()
    await ask(url, { handle: handleOf((n * 7_919) % people) })
    times.push(performance.now() - started)
  }
  return times
}
