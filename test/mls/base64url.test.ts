/** Bytes as text have one spelling: what decodes to the same bytes and is not it is refused. */
import { expect } from 'chai'
import fc from 'fast-check'
import { fromBase64url, toBase64url } from '#src/mls/bytes/base64url.js'

describe('base64url', () => {
  it('gives back every bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64url(toBase64url(bytes))).to.deep.equal(bytes)
      }),
    )
  })

  const refused: readonly (readonly [string, string])[] = [
    ['padding', 'AA=='],
    ['the other alphabet', '+w'],
    ['bits that are left over', 'AB'],
    ['bits that are left over of three characters', 'AAB'],
    ['a character alone', 'AAAAA'],
    ['a space', 'AA AA'],
    ['a line break', 'AAAA\n'],
    ['what is no letter', 'AA§A'],
  ]
  for (const [what, text] of refused) {
    it(`refuses ${what}`, () => {
      expect(fromBase64url(text)).to.equal(undefined)
    })
  }
})
