/**
 * Over HTTP, end to end: KeyPackages published and claimed, messages sent, a queue fetched. On the embedded store, and with
 * BENCH_STORES=1 also on EventStoreDB's test server and a real MongoDB (it says nothing about a real EventStoreDB).
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { toBase64url } from '#src/mls/base64url.js'
import { startCluster } from '../test/support/startCluster.js'
import { startServer } from '../test/support/startServer.js'
import { messageOf } from './delivery/town.js'
import { groupOf, rate, type Resident, settle } from './rest/town.js'

const uploads = 10
const perUpload = 100
const claims = 500
const sends = 3_000
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
  const [alice, bob, carol] = [await settle(url, 'alice'), await settle(url, 'bobby'), await settle(url, 'carol')]
  const batches: (readonly Uint8Array[])[] = []
  for (let n = 0; n < uploads; n++) batches.push(await bob.keyPackages(perUpload))
  const published = await rate(uploads, 1, async (n) => {
    const body = JSON.stringify({ keyPackages: (batches[n] ?? []).map(toBase64url), replace: true })
    await post(bob, `${url}/v1/keyPackages`, body, 'application/json')
  })
  const path = encodeURIComponent(bob.client.client)
  const claimed = await rate(claims, atOnce, () =>
    post(alice, `${url}/v1/clients/${path}/keyPackages/claim`, '{"cipherSuite":1}', 'application/json'),
  )
  const group = await groupOf(alice, [carol])
  const message = messageOf({ group: group.id, epoch: group.epoch() }, messageBytes)
  const messages = `${url}/v1/groups/${encodeURIComponent(group.id)}/messages`
  const one = await rate(sends / 10, 1, () => post(alice, messages, message, 'message/mls'))
  const many = await rate(sends, atOnce, () => post(alice, messages, message, 'message/mls'))
  await Promise.all([alice, bob, carol].map(({ client }) => client.close()))
  return [
    row('KeyPackages validated and published, 100 an upload', published * perUpload, '≥ 1,500'),
    row('KeyPackages claimed, 32 at once', claimed, '≥ 1,000'),
    row('REST sends, one after another', one, '–'),
    row('REST sends, 32 at once', many, '≥ 3,000'),
  ]
}

const post = async (
  { authorization }: Resident,
  url: string,
  body: string | Uint8Array,
  type: string,
): Promise<void> => {
  const headers = { authorization, 'content-type': type }
  const response = await fetch(url, { method: 'POST', headers, body: body as BodyInit })
  const answer = await response.text()
  if (!response.ok) throw new Error(`${url}: ${response.status} ${answer}`)
}
