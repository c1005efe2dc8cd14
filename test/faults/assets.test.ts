/** Assets on a real server: kill -9 in the middle, slow and long uploads, and memory that does not grow with size. */
import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { limitsWith, openHouse } from './house.js'
import type { RealHouse, Resident } from './house.js'
import { contentDigest, download, fileOf, pathOf, reserved, shared, upload } from '../api/assets/sharing.js'
import type { File } from '../api/assets/sharing.js'
import { bytesOf } from '../api/assets/receiving.js'

const MiB = 1024 * 1024
/** The same MiB again and again: nothing of it but that one is in the test's memory. */
const piece = bytesOf(MiB)
const longFile = (mib: number): File => {
  const hash = createHash('sha256')
  for (let n = 0; n < mib; n++) hash.update(piece)
  const { capability, said } = fileOf(1)
  return { bytes: piece, capability, said: { ...said, size: mib * MiB, digest: hash.digest('base64url') } }
}

const sendLong = async (url: string, by: Resident, { said }: File, mib: number): Promise<number | undefined> => {
  const put = request(url, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${by.token}`,
      'content-digest': `sha-256=:${Buffer.from(said.digest, 'base64url').toString('base64')}:`,
      'content-length': said.size,
    },
  })
  const answered = once(put, 'response') as Promise<[IncomingMessage]>
  for (let n = 0; n < mib; n++) if (!put.write(piece)) await once(put, 'drain')
  put.end()
  const [answer] = await answered
  answer.resume()
  return answer.statusCode
}

const digestOf = async (url: string, by: Resident, { capability }: File): Promise<string> => {
  const asked = request(url, { headers: { authorization: `Bearer ${by.token}`, 'asset-capability': capability } }).end()
  const [got] = (await once(asked, 'response')) as [IncomingMessage]
  const hash = createHash('sha256')
  for await (const bytes of got) hash.update(bytes as Uint8Array)
  return hash.digest('base64url')
}

const requestTimeoutMs = 1_000
const assetStallMsMax = 1_500

describe('assets on a real server', () => {
  let house: RealHouse
  let alice: Resident
  before(async () => {
    house = await openHouse({
      LIMITS: limitsWith({
        headersTimeoutMs: 500,
        requestTimeoutMs,
        assetStallMsMax,
        assetBytesMax: 300 * MiB,
        assetBytesPerUserMax: 1_024 * MiB,
        assetBytesPerSecondMin: 100,
      }),
    })
    alice = await house.register()
  })
  after(() => house.close())

  const partsOnDisk = (): number =>
    readdirSync(join(house.server.dataDir, 'assets'), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    ).length

  /** A PUT whose body the test writes as it likes. */
  const opened = (
    asset: string,
    file: File,
  ): { readonly put: ClientRequest; readonly answered: Promise<IncomingMessage> } => {
    const put = request(house.server.url + pathOf(asset), {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${alice.token}`,
        'content-digest': contentDigest(file.bytes),
        'content-length': file.bytes.length,
      },
    })
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      put.on('response', resolve).on('error', reject)
    })
    // Whoever waits for it hears of it; a server that was killed hangs up before anybody does.
    answered.catch(() => undefined)
    return { put, answered }
  }

  it('take an upload that lasts longer than other requests may', async () => {
    const file = fileOf(1_000)
    const { put, answered } = opened(await reserved(house, alice, file), file)
    for (let at = 0; at < 1_000; at += 200) {
      put.write(file.bytes.subarray(at, at + 200))
      await new Promise((resolve) => setTimeout(resolve, 600))
    }
    put.end()
    expect((await answered).statusCode).to.equal(201)
  })

  it('end an upload that stalls, and keep nothing of it', async () => {
    const before = partsOnDisk()
    const file = fileOf(6 * MiB)
    const { put, answered } = opened(await reserved(house, alice, file), file)
    put.write(file.bytes.subarray(0, 5 * MiB))
    const { statusCode, headers } = await answered
    expect([statusCode, headers.connection]).to.deep.equal([408, 'close'])
    expect(partsOnDisk()).to.equal(before)
  })

  it('keep nothing of an upload whose sender is gone', async () => {
    const before = partsOnDisk()
    const file = fileOf(6 * MiB)
    const asset = await reserved(house, alice, file)
    const { put, answered } = opened(asset, file)
    put.write(file.bytes.subarray(0, 5 * MiB))
    while (partsOnDisk() === before) await new Promise((resolve) => setTimeout(resolve, 20))
    put.destroy()
    await answered.catch(() => undefined)
    while (partsOnDisk() !== before) await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await upload(house, alice, asset, file.bytes)).status).to.equal(201)
  })

  it('do not grow the server with their size', async () => {
    // What any traffic costs is there already.
    const small = fileOf(32 * MiB)
    await download(house, alice, await shared(house, alice, small), small.capability)
    const file = longFile(256)
    const asset = await reserved(house, alice, file)
    const before = peakOf(house.server.pid)
    expect(await sendLong(house.server.url + pathOf(asset), alice, file, 256)).to.equal(201)
    expect(await digestOf(house.server.url + pathOf(asset), alice, file)).to.equal(file.said.digest)
    const grown = (peakOf(house.server.pid) - before) / MiB
    console.log(`      grew by ${grown.toFixed(1)} MiB over 256 MiB up and down`)
    // What is let go waits for the collector; whoever held it whole would need four times as much.
    expect(grown).to.be.lessThan(64)
  })

  it('are there after kill -9 when they were answered, and may be sent again when they were not', async () => {
    const kept = fileOf(5 * MiB)
    const there = await shared(house, alice, kept)
    const file = fileOf(9 * MiB, 2)
    const asset = await reserved(house, alice, file)
    const before = partsOnDisk()
    const { put, answered } = opened(asset, file)
    put.write(file.bytes.subarray(0, 6 * MiB))
    while (partsOnDisk() === before) await new Promise((resolve) => setTimeout(resolve, 20))
    await house.server.crash()
    await answered.catch(() => undefined)
    await house.server.restart()
    const token = await house.tokenOf(alice.client, alice.key)
    const again = { ...alice, token }
    const first = await download(house, again, there, kept.capability)
    expect([first.status, kept.bytes.equals(first.bytes)]).to.deep.equal([200, true])
    expect((await download(house, again, asset, file.capability)).status).to.equal(404)
    expect((await upload(house, again, asset, file.bytes)).status).to.equal(201)
    const second = await download(house, again, asset, file.capability)
    expect(file.bytes.equals(second.bytes)).to.equal(true)
  })
})

/** The most memory that a process had so far, bytes. */
const peakOf = (pid: number): number =>
  1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
