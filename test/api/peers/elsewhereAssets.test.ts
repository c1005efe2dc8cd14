/** An asset of another server, downloaded from one's own: the headers, ranges and refusals that it has at home. */
import { expect } from 'chai'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import { operator } from '../../faults/house.js'
import type { Resident } from '../../faults/house.js'
import { download, fileOf, pathOf, shared } from '../assets/sharing.js'
import type { File } from '../assets/sharing.js'
import { followerDomain, hubDomain, openStreet } from './twoServers.js'
import type { Street } from './twoServers.js'

describe('an asset of another server, at one’s own', () => {
  let street: Street
  let home: ComposedServer
  let own: ComposedServer
  let alice: Resident
  let bob: Resident
  before(async () => {
    street = await openStreet()
    home = await composeServer(street.settingsOf(hubDomain))
    own = await composeServer(street.settingsOf(followerDomain))
    ;[alice, bob] = [await home.register(), await own.register()]
  })
  after(async () => {
    await home.close()
    await own.close()
    await street.close()
  })

  let seed = 100
  /** More than a piece. */
  const atHome = async (size = 1_100_000): Promise<File & { readonly asset: string }> => {
    const file = fileOf(size, seed++)
    return { ...file, asset: await shared(home, alice, file) }
  }

  it('is the same bytes under the same headers, whole, in a range, and known already', async () => {
    const { asset, bytes, capability } = await atHome()
    const [there, here] = [await download(home, alice, asset, capability), await download(own, bob, asset, capability)]
    expect([there.status, here.status]).to.deep.equal([200, 200])
    expect(Buffer.from(here.bytes).equals(bytes)).to.equal(true)
    for (const name of ['etag', 'repr-digest', 'content-digest', 'content-length', 'content-type', 'accept-ranges'])
      expect(here.headers.get(name), name).to.equal(there.headers.get(name))
    const range = await download(own, bob, asset, capability, { range: 'bytes=1048570-1048585' })
    expect([range.status, range.headers.get('content-range')]).to.deep.equal([206, 'bytes 1048570-1048585/1100000'])
    expect(Buffer.from(range.bytes).equals(bytes.subarray(1_048_570, 1_048_586))).to.equal(true)
    const known = await download(own, bob, asset, capability, { 'if-none-match': here.headers.get('etag') ?? '' })
    expect(known.status).to.equal(304)
    const beyond = await download(own, bob, asset, capability, { range: 'bytes=1100000-' })
    expect([beyond.status, beyond.body['code']]).to.deep.equal([416, 'range-not-satisfiable'])
    const head = await own.ask(bob, 'HEAD', pathOf(asset), { headers: { 'asset-capability': capability } })
    expect([head.status, head.headers.get('content-length')]).to.deep.equal([200, '1100000'])
  })

  it('is not there with another capability, without one, and once it is gone', async () => {
    const { asset, capability } = await atHome(10)
    const codes = async (shown: string | undefined) => (await download(own, bob, asset, shown)).body['code']
    expect(await codes(Buffer.alloc(32).toString('base64url'))).to.equal('no-such-asset')
    expect(await codes(undefined)).to.equal('no-such-asset')
    expect(await codes(capability)).to.equal(undefined)
    expect((await home.ask(alice, 'DELETE', pathOf(asset))).status).to.equal(200)
    expect(await codes(capability)).to.equal('no-such-asset')
  })

  it('is not handed out by a server whose operator took its bytes down, though its home has them', async () => {
    const { asset, capability, said } = await atHome(10)
    expect((await download(own, bob, asset, capability)).status).to.equal(200)
    const json = { digest: said.digest, why: 'a test' }
    expect((await own.ask(operator, 'POST', '/v1/operator/takedowns', { json })).status).to.equal(200)
    expect((await download(own, bob, asset, capability)).body['code']).to.equal('no-such-asset')
    expect((await download(home, alice, asset, capability)).status).to.equal(200)
  })

  it('of a server that is not federated with is refused by name, and of one that is away with when to try again', async () => {
    const { asset, capability } = await atHome(10)
    const nowhere = asset.replace(hubDomain, 'nowhere.example')
    expect((await download(own, bob, nowhere, capability)).body).to.include({ code: 'peer-not-federating' })
    await home.close()
    const { status, body } = await download(own, bob, asset, capability)
    expect([status, body['code'], body['domains']]).to.deep.equal([503, 'peer-unreachable', [hubDomain]])
    expect(body['retryAfter']).to.be.greaterThan(0)
    home = await composeServer(street.settingsOf(hubDomain))
    own.pass(60_000)
    expect((await download(own, bob, asset, capability)).status).to.equal(200)
  })
})
