/** An upload and a download, each interrupted by kill -9 of the server: what any store of assets must come through. */
import { expect } from 'chai'
import type { RealHouse } from '../../faults/house.js'
import { eventually } from '../../stores/eventually.js'
import { begin, bring, bringHalf, durableAt, howFar } from './resuming.js'
import { download, fileOf, pathOf, reserved } from './sharing.js'

const MiB = 1024 * 1024

/** `house` is killed and comes back. */
export const survivesKills = async (house: RealHouse, size = 40 * MiB): Promise<void> => {
  const [alice, bob, carol] = [await house.register(), await house.register(), await house.register()]
  const { server } = house
  const file = fileOf(size)
  const asset = await reserved(house, alice, file)
  expect((await begin(house, alice, asset, size)).status).to.equal(201)
  const half = bringHalf(server.url, alice, asset, 0, file.bytes.subarray(0, Math.floor(size * 0.6)))
  await eventually('parts are durable', async () => (await durableAt(server.url)) >= 8 * MiB)
  await server.crash()
  await half.over
  await server.restart()
  // Where processes share their stores, the lease of the one that died holds others off for some seconds (423).
  const came = await eventually('the upload can go on', async () => {
    const { status, headers } = await howFar(house, alice, asset)
    return status === 204 ? Number(headers.get('upload-offset')) : undefined
  })
  expect(came % (4 * MiB)).to.equal(0)
  expect(came).to.be.within(8 * MiB, size * 0.6)
  const { status, body } = await bring(house, alice, asset, came, file.bytes.subarray(came))
  expect(status, JSON.stringify(body)).to.equal(204)

  const headers = { authorization: `Bearer ${bob.token}`, 'asset-capability': file.capability }
  const got: Uint8Array[] = []
  const reader = (await fetch(server.url + pathOf(asset), { headers })).body!.getReader()
  for (let first = await reader.read(); got.length < 20 && !first.done; first = await reader.read())
    got.push(first.value)
  await server.crash()
  await reader.cancel().catch(() => undefined)
  await server.restart()
  const have = Buffer.concat(got)
  const rest = await download(house, bob, asset, file.capability, { range: `bytes=${have.length}-` })
  expect(rest.status).to.equal(206)
  expect(file.bytes.equals(Buffer.concat([have, rest.bytes]))).to.equal(true)
  expect((await download(house, carol, asset, undefined)).status).to.equal(404)
}
