/** S3 keeps the contract of the bytes of assets, on whatever server S3_ENDPOINT names, and says what is wrong with a bucket. */
import { expect } from 'chai'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { s3AssetBytes } from '#src/adapters/s3/assetBytes.js'
import type { S3Connection, S3Settings } from '#src/adapters/s3/connection.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import { everyAsset } from '#src/ports/assetBytes.js'
import { StorageFull, StoreUnavailable } from '#src/ports/eventStore.js'
import { assetBytesContract } from '../ports/assetBytes.contract.js'
import { connectedTo, describeS3, freshBucket, settingsFor } from './s3.js'
import { freePort } from '../support/freePort.js'

const listening = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describeS3('S3 keeps its contract:', (endpoint) => {
  let settings: S3Settings
  const open: S3Connection[] = []
  before(async () => {
    settings = await freshBucket(endpoint)
  })
  const another = async (changed: Partial<S3Settings> = {}): Promise<S3Connection> => {
    const connection = await connectedTo({ ...settings, ...changed })
    open.push(connection)
    return connection
  }
  const close = (): Promise<void> => {
    for (const connection of open.splice(0)) connection.close()
    return Promise.resolve()
  }
  afterEach(close)

  assetBytesContract('S3', async () => ({
    bytes: s3AssetBytes(await another()),
    reopen: async () => s3AssetBytes(await another()),
    pass: (ms) => pause(ms),
    // What it says of an object's time has whole seconds.
    tickMs: 1_000,
    close,
  }))

  const failureOf = (changed: Partial<S3Settings>): Promise<unknown> =>
    another(changed).catch((error: unknown) => error)

  it('says in one line what is wrong with a bucket or its keys, and never the secret', async () => {
    const noBucket = String(await failureOf({ bucket: 'test-nobody-made-this' }))
    expect(noBucket).to.match(/S3_BUCKET test-nobody-made-this cannot be used: NoSuchBucket \(404\)/)
    const credentials = { accessKeyId: settings.credentials?.accessKeyId ?? '', secretAccessKey: 'another-secret' }
    const refused = await failureOf({ credentials })
    expect(refused).not.to.be.instanceOf(StoreUnavailable)
    expect(String(refused)).to.match(/\(403\); check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY/)
    expect(String(refused)).not.to.contain('another-secret')
  })

  it('is waited for where nobody listens', async () => {
    const nowhere = settingsFor(`http://127.0.0.1:${await freePort()}`, settings.bucket)
    expect(await connectedTo(nowhere).catch((error: unknown) => error)).to.be.instanceOf(StoreUnavailable)
  })

  it('is not waited for longer than a call may take, and full where it says so', async () => {
    const silent = createServer(() => undefined)
    const full = createServer((request, response) => {
      if (request.method === 'GET') response.end('<ListBucketResult></ListBucketResult>')
      else response.writeHead(507).end('<Error><Code>InsufficientStorage</Code></Error>')
    })
    try {
      const [slow, stuffed] = [await listening(silent), await listening(full)]
      const waited = await connectedTo({ ...settings, endpoint: slow }, 200).catch((error: unknown) => error)
      expect(waited).to.be.instanceOf(StoreUnavailable)
      const bytes = s3AssetBytes(await another({ endpoint: stuffed }))
      const asset = makeId('asset', parseDomain('example.org')!, new Uint8Array(16))
      const failure = await bytes.write(asset, 0, Uint8Array.of(1)).catch((error: unknown) => error)
      expect(failure).to.be.instanceOf(StorageFull)
    } finally {
      for (const server of [silent, full]) server.close().closeAllConnections()
    }
  })

  it('lets several servers use one bucket, each under its prefix', async () => {
    const [ours, theirs] = [
      s3AssetBytes(await another({ prefix: 'a/' })),
      s3AssetBytes(await another({ prefix: 'b/' })),
    ]
    const asset = makeId('asset', parseDomain('example.org')!, new Uint8Array(16))
    await ours.write(asset, 0, Uint8Array.of(1))
    expect(await theirs.parts(asset)).to.deep.equal([])
    for await (const each of everyAsset(theirs)) expect.fail(each.asset)
    await theirs.remove(asset)
    expect(await ours.parts(asset)).to.deep.equal([{ start: 0, size: 1 }])
  })
})
