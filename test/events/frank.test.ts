/** Franks: what a server says to itself of a message, and what does not pass for that. */
import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import { franksBy, isTagOf } from '#src/events/frank.js'
import type { Franked, FrankKey } from '#src/events/frank.js'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import type { GroupId, UserId } from '#src/mls/wire/ids.js'

const keyOf = (version: number, notBefore = 0): FrankKey => ({
  version,
  key: new Uint8Array(32).fill(version),
  notBefore,
})
const user = (letter: string): UserId => `mimi://example.org/u/${letter.repeat(21)}A` as UserId
const group = (letter: string): GroupId => `mimi://example.org/g/${letter.repeat(21)}A` as GroupId
const said: Franked = { tag: new Uint8Array(32).fill(7), sender: user('a'), group: group('g'), at: 1_800_000_000_000 }
const bytesOf = (frank: string): Uint8Array => fromBase64url(frank)!

describe('A frank', () => {
  const franks = franksBy([keyOf(1)])
  const frank = bytesOf(franks.stamp(said))

  it('holds for what it was made of, and is the version of its key and a MAC', () => {
    expect(frank).to.have.length(33)
    expect(frank[0]).to.equal(1)
    expect(franks.holds(frank, said)).to.equal(true)
  })

  it('is an HMAC over its parts, each behind its length: the bytes of docs/wire.md', () => {
    const time = Buffer.alloc(8)
    time.writeBigUInt64BE(BigInt(said.at))
    const parts = [Buffer.from(said.tag), Buffer.from(said.sender), Buffer.from(said.group), time]
    const list = parts.flatMap((part) => [Buffer.from([0, part.length]), part])
    const mac = createHmac('sha256', keyOf(1).key).update(Buffer.concat(list)).digest()
    expect(Buffer.from(frank)).to.deep.equal(Buffer.concat([Buffer.of(1), mac]))
  })

  const others: Record<string, Partial<Franked>> = {
    'another tag': { tag: new Uint8Array(32).fill(8) },
    'another sender': { sender: user('b') },
    'another group': { group: group('h') },
    'a millisecond later': { at: said.at + 1 },
    'a tag that is cut': { tag: said.tag.subarray(1) },
  }
  for (const [what, other] of Object.entries(others))
    it(`does not hold for ${what}`, () => {
      expect(franks.holds(frank, { ...said, ...other })).to.equal(false)
    })

  it('is not made by who does not have the key, nor cut, nor lengthened', () => {
    expect(franks.holds(bytesOf(franksBy([{ ...keyOf(1), key: new Uint8Array(32) }]).stamp(said)), said)).to.equal(
      false,
    )
    expect(franks.holds(frank.subarray(0, 32), said)).to.equal(false)
    expect(franks.holds(Uint8Array.of(...frank, 0), said)).to.equal(false)
    for (const at of frank.keys()) {
      const changed = frank.slice()
      changed[at] = frank[at]! ^ 1
      expect(franks.holds(changed, said), `byte ${at}`).to.equal(false)
    }
  })

  it('tells no two lists of parts by the same bytes', () => {
    const shifted = { ...said, sender: `${said.sender}m` as UserId, group: said.group.slice(1) as GroupId }
    expect(franks.stamp(shifted)).not.to.equal(franks.stamp(said))
  })

  it('is stamped by the newest key whose time has come, and checked by whichever made it', () => {
    const rotated = franksBy([keyOf(1), keyOf(2, said.at)])
    const before = { ...said, at: said.at - 1 }
    expect([rotated.stamp(before), rotated.stamp(said)].map((one) => bytesOf(one)[0])).to.deep.equal([1, 2])
    expect(rotated.holds(bytesOf(rotated.stamp(before)), before)).to.equal(true)
    expect(rotated.holds(frank, said), 'of before the rotation').to.equal(true)
    expect(franks.holds(bytesOf(rotated.stamp(said)), said), 'by a key that is not here').to.equal(false)
    const relabelled = bytesOf(rotated.stamp(said))
    relabelled[0] = 1
    expect(rotated.holds(relabelled, said), 'under another version').to.equal(false)
  })

  it('names a report by who reports and what, and neither is told by the name', () => {
    const name = franks.reportOf(user('r'), frank)
    expect(name).to.match(/^[A-Za-z0-9_-]{21}[AQgw]$/)
    expect(franks.reportOf(user('r'), frank)).to.equal(name)
    expect(franks.reportOf(user('s'), frank)).not.to.equal(name)
    expect(franksBy([keyOf(1), keyOf(2)]).reportOf(user('r'), frank), 'after a rotation').to.equal(name)
    expect(franksBy([{ ...keyOf(1), key: new Uint8Array(32) }]).reportOf(user('r'), frank)).not.to.equal(name)
  })
})

describe('A tag', () => {
  const [salt, content] = [new Uint8Array(16).fill(1), new TextEncoder().encode('what was said')]

  it('stands for one content under one salt', async () => {
    const key = await crypto.subtle.importKey('raw', salt, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const made = new Uint8Array(await crypto.subtle.sign('HMAC', key, content))
    expect(isTagOf(made, salt, content)).to.equal(true)
    expect(isTagOf(made, salt, content.subarray(1))).to.equal(false)
    expect(isTagOf(made, new Uint8Array(16), content)).to.equal(false)
    expect(isTagOf(made.subarray(1), salt, content)).to.equal(false)
  })

  it('has a salt of 16 bytes: HMAC takes a shorter key for one with zeros behind it', async () => {
    const short = new Uint8Array(15).fill(1)
    const key = await crypto.subtle.importKey('raw', short, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const made = new Uint8Array(await crypto.subtle.sign('HMAC', key, content))
    expect(isTagOf(made, short, content)).to.equal(false)
    expect(isTagOf(made, Uint8Array.of(...short, 0), content)).to.equal(true)
  })
})
