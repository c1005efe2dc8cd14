/** Whatever bit of a stored event was flipped, its reader knows. */
import { expect } from 'chai'
import { parseStored, parseWritten, serializeAppend } from '#src/adapters/serializedEvent.js'
import { canonicalJson } from '#src/events/form/canonical.js'
import { sealedMeta } from '#src/events/form/checksum.js'
import { toPosition } from '#src/ports/position.js'

const bare = {
  stream: 'group-a',
  id: '6f3a1c52-0d4e-5b7a-9c1d-2e8f4a6b7c90',
  type: 'ProfileChanged',
  data: { version: 1, é: ['x', null, { b: false, a: 1e21 }] },
  meta: { v: 1, at: 1_800_000_000_000, command: 'c', bodyHash: 'h', cause: 'e' },
}
const event = { ...bare, meta: sealedMeta(bare, new Uint8Array(16).fill(7)) }

describe('an event as text', () => {
  it('is damaged by any flip of a bit, wherever', () => {
    const place = { position: toPosition(7), stream: event.stream, revision: 3 }
    const [text] = serializeAppend(event.stream, [event], 'any')
    const fields = { ...text!, stream: event.stream }
    const written = parseWritten(place, text!)
    let flips = 0
    for (const field of ['stream', 'id', 'type', 'data', 'meta'] as const) {
      const bytes = Buffer.from(fields[field])
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        const { stream, ...flipped } = { ...fields, [field]: bytes.toString('utf8') }
        const read = parseStored({ ...place, stream }, flipped)
        // 1E21 is 1e21.
        const same = read.damage === undefined && canonicalJson(read) === canonicalJson(written)
        expect(same || read.damage !== undefined, `${field}, bit ${bit}: ${bytes.toString('utf8')}`).to.equal(true)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        flips++
      }
    }
    expect(flips).to.be.greaterThan(2_000)
    expect(parseStored(place, text!)).to.deep.equal(written)
  })
})
