/** Assets of other servers, a piece at a time: within places, waited for where their server says so, and ended where it lies. */
import { expect } from 'chai'
import { fetchAssetsElsewhere } from '#src/api/elsewhere/assetElsewhere.js'
import type { AssetId } from '#src/mls/wire/ids.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { assetPieceMax } from '#src/ports/peers.js'
import type { AssetAsked, AssetPieceElsewhere, OtherServers } from '#src/ports/peers.js'

const asset: AssetId = makeId('asset', parseDomain('b.example')!, new Uint8Array(16))
const capability = toBase64url(new Uint8Array(32).fill(1))
const digest = toBase64url(new Uint8Array(32).fill(2))
const film = Uint8Array.from({ length: 2 * assetPieceMax + 5 }, (_, at) => (at * 7) % 251)
const honest = ({ from, length }: AssetAsked): AssetPieceElsewhere => ({
  size: film.length,
  digest,
  bytes: film.subarray(from, from + length),
})

type Answer = Awaited<ReturnType<OtherServers['asset']>>

const house = (answer: (asked: AssetAsked) => Answer | Promise<Answer> = honest) => {
  const asked: AssetAsked[] = []
  const slept: number[] = []
  let now = 0
  const assets = fetchAssetsElsewhere({
    others: {
      asset: async (one) => {
        asked.push(one)
        return answer(one)
      },
    },
    clock: {
      now: () => now,
      sleep: (ms) => {
        slept.push(ms)
        now += ms
        return Promise.resolve()
      },
    },
    limits: { assetsElsewhereAtOncePerUserMax: 2, assetsElsewhereAtOnceMax: 3, assetStallMsMax: 30_000 },
  })
  return { assets, asked, slept }
}
const by = (who: string) => ({ who, asset, capability })
const described = (who = 'alice') => ({ ...by(who), size: film.length, digest })
const all = async (pieces: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const taken: Uint8Array[] = []
  for await (const piece of pieces) taken.push(piece)
  return Buffer.concat(taken)
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('an asset of another server', () => {
  it('is described without a byte of it, and then fetched in pieces, one after another', async () => {
    const { assets, asked } = house()
    expect(await assets.look(by('alice'))).to.deep.equal({ size: film.length, digest })
    expect((await all(assets.bytes(described(), 0, film.length))).equals(film)).to.equal(true)
    expect(asked.map(({ from, length }) => [from, length])).to.deep.equal([
      [0, 0],
      [0, assetPieceMax],
      [assetPieceMax, assetPieceMax],
      [2 * assetPieceMax, 5],
    ])
  })

  it('is fetched from any byte to any other', async () => {
    const { assets, asked } = house()
    const [from, to] = [assetPieceMax - 3, assetPieceMax + 9]
    expect((await all(assets.bytes(described(), from, to))).equals(film.subarray(from, to))).to.equal(true)
    expect(asked.map((one) => [one.from, one.length])).to.deep.equal([[from, 12]])
  })

  it('is fetched no faster than it is taken', async () => {
    const { assets, asked } = house()
    const pieces = assets.bytes(described(), 0, film.length)
    await pieces.next()
    await settled()
    expect(asked).to.have.length(1)
    await pieces.return(undefined)
  })

  it('is asked of nobody without a capability that is one', async () => {
    const { assets, asked } = house()
    for (const wrong of [undefined, '', 'AAAA', capability.slice(1), '!'])
      expect(await assets.look({ ...by('alice'), capability: wrong })).to.deep.equal({
        rejected: { code: 'no-such-asset' },
      })
    expect(asked).to.deep.equal([])
  })

  it('is refused as its server refuses it, and by no code that is not a download’s', async () => {
    const refusing = (code: string) =>
      house(() => ({ refused: { code, detail: 'x', size: 3 } })).assets.look(by('alice'))
    expect(await refusing('no-such-asset')).to.deep.equal({ rejected: { code: 'no-such-asset' } })
    expect(await refusing('not-authenticated')).to.have.nested.property('rejected.code', 'not-allowed')
  })

  it('ends where its server has something else than it began with', async () => {
    for (const lie of [{ size: film.length + 1 }, { digest: capability }, { bytes: new Uint8Array() }]) {
      const { assets } = house((one) => (one.from === 0 ? honest(one) : { ...honest(one), ...lie }))
      const ended = await all(assets.bytes(described(), 0, film.length)).catch((error: unknown) => error)
      expect(ended).to.have.property('name', 'PeerAway')
    }
  })

  it('is waited for where its server gives no more now, for as long as a client waits for a byte, half of it', async () => {
    let refusals = 3
    const slow = house((one) => (refusals-- > 0 ? { refused: { code: 'rate-limited', retryAfter: 2 } } : honest(one)))
    expect(await slow.assets.look(by('alice'))).to.include({ size: film.length })
    expect(slow.slept).to.deep.equal([2_000, 2_000, 2_000])
    const never = house(() => ({ refused: { code: 'rate-limited', retryAfter: 4 } }))
    expect(await never.assets.look(by('alice')).catch((error: unknown) => error)).to.include({
      name: 'PeerAway',
      retryAfterMs: 4_000,
    })
    expect(never.slept).to.deep.equal([4_000, 4_000, 4_000])
  })

  it('has so many places for one, and for all: who comes later waits until a piece was taken, or its reader is gone', async () => {
    const { assets, asked } = house()
    const reading = (who: string) => assets.bytes(described(who), 0, film.length)
    const [one, two, three] = [reading('alice'), reading('alice'), reading('alice')]
    await one.next()
    await two.next()
    const third = three.next()
    await settled()
    expect(asked).to.have.length(2)
    const other = reading('bob')
    await other.next()
    expect(asked).to.have.length(3)
    const late = reading('carol')
    const waits = late.next()
    await settled()
    expect(asked).to.have.length(3)
    await one.return(undefined)
    await Promise.race([third, waits])
    await settled()
    expect(asked).to.have.length(4)
    for (const reader of [two, other]) await reader.return(undefined)
    expect([(await third).done, (await waits).done]).to.deep.equal([false, false])
    await Promise.all([three.return(undefined), late.return(undefined)])
    expect((await all(reading('alice'))).length).to.equal(film.length)
  })
})
