/** Bodies of any length: what is long is read in pieces, others in between, and comes to the same. */
import { expect } from 'chai'
import { parseJson, parseLongJson } from '#src/api/http/request/body.js'
import { isLong, pieceBytes, piecesOf } from '#src/api/http/request/pieces.js'

const long = 4 * pieceBytes
/** JSON longer than a few pieces, whose characters stand on every boundary in every way. */
const texts = ['a', 'é', '漢', '😀', '\\u0041', '\\"'].flatMap((one) =>
  [0, 1, 2, 3].map((shift) => `{"${'x'.repeat(shift)}":"${one.repeat(Math.ceil(long / Buffer.byteLength(one)))}"}`),
)

describe('a long body', () => {
  it('is the same JSON as in one piece', async () => {
    for (const text of texts) {
      const bytes = Buffer.from(text)
      expect(isLong(bytes)).to.equal(true)
      expect(await parseLongJson(bytes)).to.deep.equal(parseJson(bytes, 'body'))
    }
  })

  it('is refused for what a short one is refused for, wherever it stands', async () => {
    const valid = Buffer.from(`{"a":"${'é'.repeat(long / 2)}"}`)
    for (const at of [7, pieceBytes - 1, pieceBytes, pieceBytes + 1, valid.length - 3]) {
      const broken = Buffer.from(valid)
      broken[at] = 0xff
      expect(await parseLongJson(broken), String(at)).to.deep.equal(parseJson(broken, 'body'))
    }
    for (const end of [1, 2, 3])
      for (const bytes of [valid.subarray(0, -end), Buffer.concat([valid, Buffer.from([0xc3])])])
        expect(await parseLongJson(bytes)).to.deep.equal(parseJson(bytes, 'body'))
    const proto = Buffer.from(`{"__proto__":"${'a'.repeat(long)}"}`)
    expect(await parseLongJson(proto)).to.deep.equal(parseJson(proto, 'body'))
    expect(await parseLongJson(proto)).to.have.nested.property('rejected.code', 'malformed')
  })

  it('lets others have their turn between its pieces', async () => {
    const bytes = Buffer.from(`["${'a'.repeat(long)}"]`)
    let [turns, over] = [0, false]
    const count = (): void => {
      turns++
      if (!over) setImmediate(count)
    }
    setImmediate(count)
    await parseLongJson(bytes)
    over = true
    expect(turns).to.be.at.least([...piecesOf(bytes)].length)
  })
})
