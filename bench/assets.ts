/** Assets on a real server: up and down beside the same bytes through bare node:http, memory, many at once, and what others notice. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { openHouse, limitsWith } from '../test/faults/house.js'
import type { RealHouse, Resident } from '../test/faults/house.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { at, createdBy } from '../test/api/groupPeople.js'
import { forgedMessage } from '../test/faults/forgers.js'
import { pathOf, reserved } from '../test/api/assets/sharing.js'
import type { File } from '../test/api/assets/sharing.js'
import { tus, tusPath } from '../test/api/assets/resuming.js'
import type { Bench } from './main.js'

const MiB = 1024 * 1024
const piece: Uint8Array = randomBytes(MiB)
const digestOfPieces = (count: number): string => {
  const hash = createHash('sha256')
  for (let n = 0; n < count; n++) hash.update(piece)
  return hash.digest('base64url')
}
/** A file of so many times the same MiB: none of it but the one is in memory. */
const fileOf = (mib: number): File => {
  const capability = randomBytes(32)
  const capabilityHash = createHash('sha256').update(capability).digest('base64url')
  const said = { size: mib * MiB, digest: digestOfPieces(mib), capabilityHash }
  return { bytes: Buffer.from(piece), capability: capability.toString('base64url'), said }
}

type Headers = Readonly<Record<string, string>>

/** Sends so many MiB, and resolves with the answer's status once it is read. */
const send = async (url: string, method: string, headers: Headers, mib: number, bytes = piece): Promise<number> => {
  const asked = request(url, { method, headers: { ...headers, 'content-length': String(mib * MiB) } })
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>
  for (let n = 0; n < mib; n++) if (!asked.write(bytes)) await once(asked, 'drain')
  asked.end()
  const [answer] = await answered
  answer.resume()
  await once(answer, 'end')
  return answer.statusCode ?? 0
}

const fetchAll = async (url: string, headers: Headers): Promise<number> => {
  const asked = request(url, { headers }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  let bytes = 0
  for await (const chunk of answer) bytes += (chunk as Buffer).length
  return bytes
}

const rate = async (mib: number, work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work()
  return mib / ((performance.now() - began) / 1_000)
}

/** Takes everything, gives the same again: what the machine and node:http can do in this very moment. */
const bare = async (mib: number) => {
  const server = createServer((asked, answer) => {
    void (async () => {
      if (asked.method === 'GET')
        for (let n = 0; n < mib; n++) {
          if (!answer.write(piece)) await once(answer, 'drain')
        }
      else await once(asked.resume(), 'end')
      answer.end()
    })()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() }
}

const residentMiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

const headersOf = (by: Resident, file: File): Headers => ({
  authorization: `Bearer ${by.token}`,
  'content-type': 'application/octet-stream',
  'content-digest': `sha-256=:${Buffer.from(file.said.digest, 'base64url').toString('base64')}:`,
})

const put = async (house: RealHouse, by: Resident, mib: number, file = fileOf(mib)): Promise<string> => {
  const asset = await reserved(house, by, file)
  const status = await send(house.server.url + pathOf(asset), 'PUT', headersOf(by, file), mib)
  if (status !== 201) throw new Error(`PUT answered ${status}`)
  return asset
}

/** The same from another thread: what the sender costs is not taken for what the server does to others. */
const putElsewhere = async (house: RealHouse, by: Resident, mib: number): Promise<void> => {
  const file = fileOf(mib)
  const url = house.server.url + pathOf(await reserved(house, by, file))
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { url, headers: headersOf(by, file), mib, bytes: piece },
  })
  const [status] = (await once(worker, 'message')) as [number]
  if (status !== 201) throw new Error(`PUT answered ${status}`)
}
if (!isMainThread) {
  const { url, headers, mib, bytes } = workerData as { url: string; headers: Headers; mib: number; bytes: Uint8Array }
  void send(url, 'PUT', headers, mib, bytes).then((status) => parentPort?.postMessage(status))
}

const resumable = async (house: RealHouse, by: Resident, mib: number, file: File): Promise<void> => {
  const asset = await reserved(house, by, file)
  const headers = { ...headersOf(by, file), ...tus, 'content-type': 'application/offset+octet-stream' }
  const more = { ...headers, 'upload-offset': '0' }
  const status = await send(house.server.url + tusPath(asset), 'PATCH', more, mib)
  if (status !== 204) throw new Error(`PATCH answered ${status}`)
}

const beside = async (house: RealHouse, by: Resident): Promise<object[]> => {
  const mib = 256
  const plain = await bare(mib)
  const rows: object[] = []
  const row = (work: string, ours: number, bareRate: number): void => {
    rows.push({
      work,
      'MiB/s': Math.round(ours),
      'bare MiB/s': Math.round(bareRate),
      share: (ours / bareRate).toFixed(2),
    })
  }
  await put(house, by, 32)
  const file = fileOf(mib)
  const bareUp = await rate(mib, () => send(plain.url, 'PUT', {}, mib))
  let asset = ''
  row('PUT', await rate(mib, async () => (asset = await put(house, by, mib, file))), bareUp)
  row('tus, one PATCH', await rate(mib, () => resumable(house, by, mib, file)), bareUp)
  const headers = { authorization: `Bearer ${by.token}`, 'asset-capability': file.capability }
  const bareDown = await rate(mib, () => fetchAll(plain.url, {}))
  row('GET', await rate(mib, () => fetchAll(house.server.url + pathOf(asset), headers)), bareDown)
  plain.close()
  return rows
}

/** The most that the process held above what it held before, while `work` went on. */
const growth = async (pid: number, work: () => Promise<unknown>): Promise<number> => {
  const before = residentMiB(pid)
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, residentMiB(pid))
  }, 20)
  await work()
  clearInterval(timer)
  return Math.round(most - before)
}

const small = async (house: RealHouse, by: Resident): Promise<string> => {
  const began = performance.now()
  await Promise.all(Array.from({ length: 200 }, () => put(house, by, 1)))
  return `${Math.round(performance.now() - began)} ms`
}

/** p99 of somebody else's sends, ms, one after another while the work goes on, or so many. */
const p99 = async (house: RealHouse, by: Resident, group: GroupId, work?: Promise<unknown>): Promise<number> => {
  const took: number[] = []
  let over = false
  void work?.finally(() => (over = true))
  for (let n = 0; work === undefined ? n < 1_500 : !over; n++) {
    const mls = forgedMessage(group, 0n)
    const began = performance.now()
    const { status } = await house.ask(by, 'POST', at(group, '/messages'), { mls })
    if (status !== 201) throw new Error(`a send was answered ${status}`)
    took.push(performance.now() - began)
  }
  took.sort((one, other) => one - other)
  return took[Math.floor(took.length * 0.99)] ?? 0
}

export const bench: Bench = {
  name: 'assets',
  run: async () => {
    const GiB = 1024 * MiB
    const house = await openHouse({
      LIMITS: limitsWith({
        assetBytesMax: 2 * GiB,
        assetBytesPerUserMax: 64 * GiB,
        assetsUnfinishedPerUserMax: 1_000,
        assetUploadsAtOncePerUserMax: 4,
      }),
    })
    try {
      const [alice, bob] = [await house.register(), await house.register()]
      console.table(await beside(house, alice))
      const { pid, url } = house.server
      const file = fileOf(1_024)
      let asset = ''
      const up = await growth(pid, async () => (asset = await put(house, alice, 1_024, file)))
      const headers = { authorization: `Bearer ${bob.token}`, 'asset-capability': file.capability }
      const down = await growth(pid, () => fetchAll(url + pathOf(asset), headers))
      console.table([
        { work: '1 GiB up', 'MiB more': up },
        { work: '1 GiB down', 'MiB more': down },
      ])
      console.table([{ work: '200 uploads of 1 MiB at once', took: await small(house, alice) }])
      const { group } = await createdBy(house.door, bob)
      await p99(house, bob, group)
      const rows: object[] = []
      for (let n = 0; n < 3; n++) {
        const alone = await p99(house, bob, group)
        const during = await p99(house, bob, group, putElsewhere(house, alice, 1_024))
        rows.push({
          work: 'p99 of sends of others, ms',
          alone: alone.toFixed(1),
          'during an upload': during.toFixed(1),
        })
      }
      console.table(rows)
    } finally {
      await house.close()
    }
  },
}
