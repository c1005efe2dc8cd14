/**
 * Over HTTP, end to end: KeyPackages published and claimed, messages sent, a queue fetched. On the embedded store, and with
 * BENCH_STORES=1 also on EventStoreDB's test server and a real MongoDB (it says nothing about a real EventStoreDB).
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { startCluster } from '../test/support/startCluster.js'
import { startServer } from '../test/support/startServer.js'
import { messageOf } from './delivery/town.js'
import { post } from './rest/post.js'
import { groupOf, rate, type Resident, settle } from './rest/town.js'

const uploads = 10
const perUpload = 100
const owners = 16
const warmUp = 3_000
const sends = 6_000
const atOnce = 32
const messageBytes = 1_024

export const bench = {
  name: 'rest',
  run: async (): Promise<void> => {
    const embedded = await startServer()
    const rows = await measure(embedded.url, 'embedded')
    await embedded.stop()
    if (process.env['BENCH_STORES'] === '1') {
      const { stdout } = await promisify(execFile)(process.execPath, ['scripts/mongod.mjs'])
      const cluster = await startCluster(stdout.trim())
      rows.push(...(await measure(cluster.processes[0].url, 'EventStoreDB test server + MongoDB')))
      await cluster.stop()
    }
    console.table(rows)
  },
}

type Row = { readonly stores: string; readonly job: string; readonly 'per second': number; readonly target: string }

const measure = async (url: string, stores: string): Promise<Row[]> => {
  const row = (job: string, perSecond: number, target: string): Row => ({
    stores,
    job,
    'per second': Math.round(perSecond),
    target,
  })
  const [alice, bob] = [await settle(url, 'alice'), await settle(url, 'bobby')]
  const send = await sending(url, alice, bob)
  // The figures are of a server that has been running: the first thousands of requests run uncompiled code.
  await rate(warmUp, atOnce, send)
  const one = await rate(sends / 10, 1, send)
  const many = await rate(sends, atOnce, send)
  const published = await publishing(url, bob)
  const residents: Resident[] = []
  for (let n = 0; n < owners; n++) residents.push(await settle(url, `owner.${n}`))
  for (const owner of residents) await publish(url, owner, await uploadOf(owner))
  const fromOne = await rate(warmUp / 3, atOnce, () => claimOf(url, alice, bob))
  const claimed = await rate(owners * perUpload, atOnce, (n) => claimOf(url, alice, residents[n % owners] ?? bob))
  await Promise.all([alice, bob, ...residents].map(({ client }) => client.close()))
  return [
    row('REST sends, 32 at once', many, '≥ 3,000'),
    row('REST sends, one after another', one, '–'),
    row('KeyPackages validated and published, 100 an upload', published, '≥ 1,500'),
    row(`KeyPackages of ${owners} owners claimed, 32 at once`, claimed, '≥ 1,000'),
    row('The same of one owner: one stream, one after another', fromOne, '–'),
  ]
}

const sending = async (url: string, from: Resident, to: Resident): Promise<() => Promise<void>> => {
  const group = await groupOf(from, [to])
  const message = messageOf({ group: group.id, epoch: group.epoch() }, messageBytes)
  const messages = `${url}/v1/groups/${encodeURIComponent(group.id)}/messages`
  return () => post(from.authorization, messages, 'message/mls', message)
}

const uploadOf = async (owner: Resident): Promise<string> => {
  const keyPackages = (await owner.keyPackages(perUpload)).map(toBase64url)
  return JSON.stringify({ keyPackages, replace: true })
}

const publish = (url: string, owner: Resident, upload: string): Promise<void> =>
  post(owner.authorization, `${url}/v1/keyPackages`, 'application/json', upload)

const publishing = async (url: string, owner: Resident): Promise<number> => {
  const made: string[] = []
  for (let n = 0; n < uploads; n++) made.push(await uploadOf(owner))
  return perUpload * (await rate(uploads, 1, (n) => publish(url, owner, made[n] ?? '')))
}

const claimOf = (url: string, by: Resident, owner: Resident): Promise<void> => {
  const path = `/v1/clients/${encodeURIComponent(owner.client.client)}/keyPackages/claim`
  return post(by.authorization, url + path, 'application/json', '{"cipherSuite":1}')
}
