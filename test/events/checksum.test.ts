/** What a checksum covers: everything of an event but its place, bit by bit; and what stays of it after an erasure. */
import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { canonicalJson } from '#src/events/form/canonical.js'
import { checkOf, checkOfStored, sealedMeta, sealedTextOf, withoutPayload } from '#src/events/form/checksum.js'
import type { Json } from '#src/events/form/json.js'
import type { Meta } from '#src/events/form/meta.js'

const salt = Uint8Array.from({ length: 16 }, (_, n) => n)
const bare = {
  stream: 'group-a',
  id: '6f3a1c52-0d4e-5b7a-9c1d-2e8f4a6b7c90',
  type: 'ProfileChanged',
  data: { version: 1, é: ['x', null, { b: false, a: 1e21 }] } as Json,
  meta: { v: 1, at: 1_800_000_000_000, command: 'c', bodyHash: 'h', cause: 'e' } as Meta,
}
const event = { ...bare, meta: sealedMeta(bare, salt) }

/** SHA-256 over parts, each behind its length. */
const partsHash = (...each: readonly string[]): string => {
  const sized = each
    .map((part) => Buffer.from(part))
    .flatMap((part) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(part.length)
      return [length, part]
    })
  return createHash('sha256').update(Buffer.concat(sized)).digest('base64url')
}

describe('an event’s checksum', () => {
  it('holds for what was sealed, whatever order its fields come in', () => {
    expect(checkOf(event)).to.equal('holds')
    const { v, at, ...rest } = event.meta
    expect(checkOf({ ...event, meta: { ...rest, at, v } })).to.equal('holds')
  })

  it('holds for the text that is stored, as it was sealed or otherwise written, and for no other', () => {
    const asSealed = sealedTextOf(bare.data)
    expect(asSealed).to.equal(canonicalJson(bare.data))
    for (const text of [asSealed!, JSON.stringify(bare.data)]) expect(checkOfStored(event, text)).to.equal('holds')
    const other = { ...event, data: { version: 2 } }
    expect(checkOfStored(other, JSON.stringify(other.data))).to.equal('broken')
    expect(checkOfStored({ ...event, meta: { ...event.meta, inner: 'AAAA' } }, asSealed!)).to.equal('broken')
    expect(checkOfStored({ ...event, meta: bare.meta }, asSealed!)).to.equal('unchecked')
    expect(checkOfStored(withoutPayload(event), 'null')).to.equal('holds')
  })

  it('is over the same header whichever way that is written out', () => {
    const headers: readonly Partial<Meta>[] = [
      { command: 'a "b" é' },
      { cause: 'x'.repeat(30_000) },
      { at: 1.5 },
      { v: 1e21 },
    ]
    for (const more of headers) {
      const meta = { ...bare.meta, ...more }
      const sealed = { ...bare, meta: sealedMeta({ ...bare, meta }, salt) }
      const header = canonicalJson(meta, new Set(['bodyHash']))
      expect(sealed.meta.checksum, header.slice(0, 60)).to.equal(
        partsHash(bare.id, bare.type, bare.stream, header, withoutPayload(sealed).meta.inner!),
      )
    }
  })

  it('has the bytes that the documents say', () => {
    const inner = partsHash('AAECAwQFBgcICQoLDA0ODw', '{"version":1,"é":["x",null,{"a":1e+21,"b":false}]}', 'h')
    const meta = '{"at":1800000000000,"cause":"e","command":"c","v":1}'
    const checksum = partsHash(bare.id, 'ProfileChanged', 'group-a', meta, inner)
    expect(event.meta.checksum).to.equal(checksum)
    expect(event.meta.salt).to.equal('AAECAwQFBgcICQoLDA0ODw')
  })

  it('does not hold where data, salt or checksum are gone, or where something is that does not belong', () => {
    const { checksum, salt: _salt, ...others } = event.meta
    for (const broken of [
      { ...event, data: null },
      { ...event, meta: others, data: 1, checksum },
      { ...event, meta: { ...others, salt: event.meta.salt } },
      { ...event, meta: { ...others, checksum } },
      { ...event, meta: { ...event.meta, more: 1 } },
      { ...event, meta: { ...event.meta, inner: 'AAAA' } },
    ])
      expect(checkOf(broken), JSON.stringify(broken.meta)).to.equal(broken.meta === others ? 'unchecked' : 'broken')
  })

  it('leaves what was written before there were checksums unchecked', () => {
    expect(checkOf(bare)).to.equal('unchecked')
    expect(checkOf(withoutPayload(bare))).to.equal('unchecked')
  })

  it('still holds when the payload was erased, and tells nothing of it', () => {
    const erased = withoutPayload(event)
    expect(erased.data).to.equal(null)
    expect(erased.meta).to.have.all.keys('v', 'at', 'command', 'cause', 'checksum', 'inner')
    expect(checkOf(erased)).to.equal('holds')
    expect(checkOf({ ...erased, data: {} })).to.equal('broken')
    expect(checkOf({ ...erased, meta: { ...erased.meta, at: 1 } })).to.equal('broken')
    const other = withoutPayload({ ...event, meta: sealedMeta(bare, new Uint8Array(16)) })
    expect(other.meta.inner).not.to.equal(erased.meta.inner)
  })
})

describe('canonical JSON', () => {
  it('is that of RFC 8785', () => {
    const numbers = { numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001] }
    const text = { string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/', literals: [null, true, false] }
    expect(canonicalJson({ ...numbers, ...text })).to.equal(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
    const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, ö: 7 }
    expect(Object.values(JSON.parse(canonicalJson(names)) as object).length).to.equal(7)
    expect(canonicalJson(names)).to.equal('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}')
  })

  it('leaves undefined fields out as JSON does, and has a form for every string', () => {
    expect(canonicalJson({ a: undefined, b: '\ud800' })).to.equal('{"b":"\\ud800"}')
  })
})
