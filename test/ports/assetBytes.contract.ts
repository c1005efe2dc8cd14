/** What every store of the bytes of assets must do. Servers keep their data between tests, so ids are random. */
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import type { AssetId } from '#src/mls/wire/ids.js'
import { everyAsset } from '#src/ports/assetBytes.js'
import type { AssetBytes, AssetPart } from '#src/ports/assetBytes.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'

export type OpenedAssetBytes = {
  readonly bytes: AssetBytes
  /** Closes them and opens them again; left out where they do not outlive their store. */
  readonly reopen?: () => Promise<AssetBytes>
  /** Lets so much time pass on the clock of the store. */
  readonly pass: (ms: number) => Promise<void>
  /** What the clock of the store shows in steps, ms. */
  readonly tickMs?: number
  readonly close: () => Promise<void>
}

const MiB = 1024 * 1024

export const assetBytesContract = (name: string, open: () => Promise<OpenedAssetBytes>): void => {
  describe(`bytes of assets, kept by ${name}`, () => {
    let opened: OpenedAssetBytes
    let stored: AssetBytes
    beforeEach(async () => {
      opened = await open()
      stored = opened.bytes
    })
    afterEach(async () => {
      await opened.close()
    })
    const fresh = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))
    const newId = (domain = 'example.org'): AssetId => makeId('asset', parseDomain(domain)!, fresh(16))
    const readAll = async (asset: AssetId, part: AssetPart, from = 0, length = part.size - from): Promise<Buffer> => {
      const pieces: Uint8Array[] = []
      for await (const piece of stored.read(asset, part, from, length)) pieces.push(piece)
      return Buffer.concat(pieces)
    }
    const thrownBy = (work: () => Promise<unknown>): Promise<unknown> =>
      work().then(
        () => 'nothing',
        (error: unknown) => error,
      )
    const written = async (asset: AssetId, start: number, bytes: Uint8Array): Promise<Uint8Array> => {
      await stored.write(asset, start, bytes)
      return bytes
    }

    it('come back whole, part by part, in the order of where they start', async () => {
      const asset = newId()
      const third = await written(asset, 4 * MiB + 70_000, fresh(1))
      const first = await written(asset, 0, fresh(4 * MiB))
      const second = await written(asset, 4 * MiB, fresh(70_000))
      const parts = await stored.parts(asset)
      expect(parts).to.deep.equal([
        { start: 0, size: 4 * MiB },
        { start: 4 * MiB, size: 70_000 },
        { start: 4 * MiB + 70_000, size: 1 },
      ])
      for (const [at, bytes] of [first, second, third].entries())
        expect(Buffer.compare(await readAll(asset, parts[at]!), bytes), `part ${at}`).to.equal(0)
    })

    it('are in the order of numbers where a part starts further on than others', async () => {
      const asset = newId()
      for (const start of [10, 9, 100_000, 2 ** 33, 0]) await stored.write(asset, start, fresh(1))
      expect((await stored.parts(asset)).map(({ start }) => start)).to.deep.equal([0, 9, 10, 100_000, 2 ** 33])
    })

    it('are read in part, from any byte to any byte', async () => {
      const asset = newId()
      const bytes = await written(asset, 500, fresh(700_000))
      const [part] = await stored.parts(asset)
      for (const [from, length] of [
        [0, 10],
        [1, 1],
        [255_000, 20_000],
        [699_999, 1],
        [0, 700_000],
        [5, 0],
      ] as const)
        expect(
          Buffer.compare(await readAll(asset, part!, from, length), bytes.subarray(from, from + length)),
          `${from}+${length}`,
        ).to.equal(0)
    })

    it('may be left in the middle of reading', async () => {
      const asset = newId()
      await stored.write(asset, 0, fresh(3 * MiB))
      const part = { start: 0, size: 3 * MiB }
      for (let round = 0; round < 20; round++)
        for await (const piece of stored.read(asset, part, 0, part.size)) {
          expect(piece.length).to.be.greaterThan(0)
          break
        }
      expect(await readAll(asset, part)).to.have.length(3 * MiB)
    })

    it('are replaced at the same start, by fewer or more', async () => {
      const asset = newId()
      for (const length of [100, 10, 300_000, 20]) {
        const bytes = await written(asset, 7, fresh(length))
        const parts = await stored.parts(asset)
        expect(parts).to.deep.equal([{ start: 7, size: length }])
        expect(Buffer.compare(await readAll(asset, parts[0]!), bytes)).to.equal(0)
      }
    })

    it('are one of those that came, where several come for one place at once', async () => {
      const asset = newId()
      const came = await Promise.all(Array.from({ length: 6 }, (_, at) => written(asset, 0, fresh(1_000 + at))))
      const parts = await stored.parts(asset)
      expect(parts).to.have.length(1)
      const kept = await readAll(asset, parts[0]!)
      expect(came.some((bytes) => Buffer.compare(kept, bytes) === 0)).to.equal(true)
    })

    it('share none with the caller', async () => {
      const asset = newId()
      const bytes = fresh(1_000)
      const kept = bytes.slice()
      await stored.write(asset, 0, bytes)
      bytes.fill(0)
      const part = { start: 0, size: 1_000 }
      for await (const piece of stored.read(asset, part, 0, 1_000)) piece.fill(1)
      expect(Buffer.compare(await readAll(asset, part), kept)).to.equal(0)
    })

    it('are not there before they are written, nor after they are removed, and may be written again', async () => {
      const [asset, another] = [newId(), newId()]
      expect(await stored.parts(asset)).to.deep.equal([])
      await stored.remove(asset)
      for (const start of [0, 100]) await stored.write(asset, start, fresh(100))
      await stored.write(another, 0, fresh(10))
      await stored.remove(asset)
      expect(await stored.parts(asset)).to.deep.equal([])
      expect(await thrownBy(() => readAll(asset, { start: 0, size: 100 }))).to.be.instanceOf(StoreUnavailable)
      expect(await stored.parts(another)).to.deep.equal([{ start: 0, size: 10 }])
      await stored.write(asset, 0, fresh(5))
      expect(await stored.parts(asset)).to.deep.equal([{ start: 0, size: 5 }])
    })

    it('throw where a part is shorter than it was', async () => {
      const asset = newId()
      await stored.write(asset, 0, fresh(10))
      for (const from of [0, 5, 10])
        expect(await thrownBy(() => readAll(asset, { start: 0, size: 100 }, from, 90)), `${from}`).to.be.instanceOf(
          StoreUnavailable,
        )
    })

    it('are not mixed up between assets of two domains', async () => {
      const asset = newId()
      const namesake = asset.replace('example.org', 'example.net:8443') as AssetId
      const bytes = await written(asset, 0, fresh(10))
      await stored.write(namesake, 0, fresh(10))
      await stored.remove(namesake)
      expect(await stored.parts(namesake)).to.deep.equal([])
      expect(Buffer.compare(await readAll(asset, { start: 0, size: 10 }), bytes)).to.equal(0)
    })

    it('are listed by asset, page by page, each once', async () => {
      const ids = Array.from({ length: 12 }, (_, at) =>
        newId(['example.org', 'b.example.org', 'example.org:1'][at % 3]),
      )
      for (const asset of ids) await stored.write(asset, 0, fresh(3))
      await stored.write(ids[0]!, 3, fresh(3))
      const seen: AssetId[] = []
      for (;;) {
        const after = seen.at(-1)
        const page = await stored.list({ limit: 5, ...(after === undefined ? {} : { after }) })
        expect(page.length).to.be.at.most(5)
        if (page.length === 0) break
        seen.push(...page.map(({ asset }) => asset))
      }
      expect(seen).to.include.members(ids)
      expect(new Set(seen)).to.have.property('size', seen.length)
      const every: AssetId[] = []
      for await (const { asset } of everyAsset(stored)) every.push(asset)
      expect(every).to.deep.equal(seen)
      for (const asset of ids) await stored.remove(asset)
      for await (const { asset } of everyAsset(stored)) expect(ids).not.to.include(asset)
    })

    it('say when their newest part was written', async () => {
      const asset = newId()
      const newest = async (): Promise<number> => {
        for await (const each of everyAsset(stored)) if (each.asset === asset) return each.stored
        throw new Error('it is not listed')
      }
      await stored.write(asset, 0, fresh(3))
      const first = await newest()
      expect(first).to.be.a('number')
      const stepMs = 50 + (opened.tickMs ?? 0)
      await opened.pass(stepMs)
      expect(await newest()).to.equal(first)
      await stored.write(asset, 3, fresh(3))
      const second = await newest()
      expect(second).to.be.greaterThan(first)
      await opened.pass(stepMs)
      await stored.write(asset, 3, fresh(3))
      expect(await newest()).to.be.greaterThan(second)
    })

    it('are kept under the ids of assets, at places from 0 on, and never empty', async () => {
      const hostile = ['', '..', '../../../etc', 'mimi://example.org/a/../../../../../../tmp/x', '\u0000', '__proto__']
      for (const id of [...hostile, `mimi://../a/${'A'.repeat(22)}`, `mimi://example.org/u/${'A'.repeat(22)}`])
        expect(await thrownBy(() => stored.write(id as AssetId, 0, fresh(1))), id).to.be.instanceOf(RangeError)
      for (const start of [-1, 0.5, Number.NaN, 2 ** 53])
        expect(await thrownBy(() => stored.write(newId(), start, fresh(1))), `${start}`).to.be.instanceOf(RangeError)
      expect(await thrownBy(() => stored.write(newId(), 0, new Uint8Array()))).to.be.instanceOf(RangeError)
    })

    it('outlive the process', async function () {
      if (opened.reopen === undefined) return this.skip()
      const asset = newId()
      const bytes = await written(asset, 0, fresh(300_000))
      stored = await opened.reopen()
      expect(await stored.parts(asset)).to.deep.equal([{ start: 0, size: 300_000 }])
      expect(Buffer.compare(await readAll(asset, { start: 0, size: 300_000 }), bytes)).to.equal(0)
    })
  })
}
