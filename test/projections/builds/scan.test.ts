/** The sums of a read model at one position, while it goes on. */
import { expect } from 'chai'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import { toPosition } from '#src/ports/position.js'
import type { Change, KeyPart, ReadModel, Schema } from '#src/ports/readModels.js'
import { asideMax, makeScan } from '#src/projections/builds/scan.js'
import type { Sums } from '#src/projections/builds/scan.js'
import { seeded, type Seeded } from '../../ports/seeded.js'

const schema: Schema = {
  name: 'scanned',
  version: 1,
  tables: { rows: { key: ['part', 'n'], indexes: {} }, others: { key: ['id'], indexes: {} } },
}
const forever = new AbortController().signal

describe('the sums of a read model', () => {
  let model: ReadModel
  let at = 0
  beforeEach(async () => {
    model = await openMemoryReadModels().open(schema, 'log')
    at = 0
  })
  const apply = async (changes: readonly Change[]): Promise<void> => {
    expect(await model.apply(changes, toPosition(at + 1), toPosition(at))).to.equal('applied')
    at++
  }
  const batch = (random: Seeded): readonly Change[] => {
    const changes = new Map<string, Change>()
    for (let n = 0; n < 40; n++) {
      const key: readonly KeyPart[] = [random.pick(['a', 'é', '😀', '\uffee', 7]), random.integer(400)]
      const put = { part: key[0] ?? '', n: key[1] ?? 0, value: random.integer(3) }
      changes.set(
        JSON.stringify(key),
        random.integer(3) === 0 ? { table: 'rows', remove: key } : { table: 'rows', put },
      )
    }
    changes.set('other', { table: 'others', put: { id: random.integer(5), value: at } })
    return [...changes.values()]
  }
  const sumsNow = async (): Promise<Sums | undefined> => makeScan(model, schema, () => Promise.resolve()).sums(forever)

  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8])
    it(`are those of the position where it began, whatever is applied meanwhile (seed ${seed})`, async () => {
      const random = seeded(seed)
      for (let n = 0; n < 60; n++) await apply(batch(random))
      const before = await sumsNow()
      const meddle = async (): Promise<void> => {
        const changes = batch(random)
        await scan.before(changes)
        await apply(changes)
      }
      const scan = makeScan(model, schema, meddle)
      await meddle()
      expect(await scan.sums(forever)).to.deep.equal(before)
      expect(await sumsNow()).to.not.deep.equal(before)
    })

  it('tell a changed row, a missing and a further one, and not the order of fields', async () => {
    await apply([{ table: 'rows', put: { part: 'a', n: 1, value: 1 } }])
    const sums = await sumsNow()
    await apply([{ table: 'rows', put: { value: 1, n: 1, part: 'a' } }])
    expect(await sumsNow()).to.deep.equal(sums)
    const seen = new Set([sums?.['rows']?.sha256])
    await apply([{ table: 'rows', put: { part: 'a', n: 1, value: 2 } }])
    seen.add((await sumsNow())?.['rows']?.sha256)
    await apply([{ table: 'rows', put: { part: 'a', n: 2, value: 2 } }])
    seen.add((await sumsNow())?.['rows']?.sha256)
    await apply([{ table: 'rows', remove: ['a', 1] }])
    seen.add((await sumsNow())?.['rows']?.sha256)
    expect(seen.size).to.equal(4)
    expect((await sumsNow())?.['others']).to.deep.equal({
      rows: 0,
      sha256: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    })
  })

  it('are given up where more changes than is kept', async () => {
    await apply([{ table: 'rows', put: { part: 'a', n: 1 } }])
    const scan = makeScan(model, schema, () => Promise.resolve())
    await scan.before(Array.from({ length: asideMax + 1 }, (_, n) => ({ table: 'rows', put: { part: 'b', n } })))
    expect(await scan.sums(forever)).to.equal(undefined)
  })
})
