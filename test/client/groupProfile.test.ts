/** What the SDK reads in a group's profile, which another application may have written. */
import { expect } from 'chai'
import { encodeGroupProfile, readGroupProfile } from '#src/client/groups/profiles/groupProfile.js'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('The profile of a group as it is written', () => {
  const picture = {
    contentType: 'image/png',
    url: 'https://example.org/board.png',
    expires: 0,
    size: 3,
    encAlg: 0,
    key: new Uint8Array(),
    nonce: new Uint8Array(),
    aad: new Uint8Array(),
    hashAlg: 0,
    contentHash: Uint8Array.of(1, 2),
    description: 'A board',
    filename: 'board.png',
  }

  it('is JSON, which says its name and picture, and whatever more the application does', () => {
    const bytes = encodeGroupProfile({ name: 'Chess', people: { a: 'b' }, picture }, picture)
    expect(readGroupProfile(bytes)).to.deep.equal({ name: 'Chess', picture })
    const json = JSON.parse(new TextDecoder().decode(bytes)) as { readonly [field: string]: unknown }
    expect(Object.keys(json)).to.deep.equal(['name', 'people', 'picture'])
    expect(json['picture']).to.be.a('string')
    const none = encodeGroupProfile({ name: 'Chess' }, undefined)
    expect(new TextDecoder().decode(none)).to.equal('{"name":"Chess"}')
  })

  for (const [what, text] of [
    ['text', 'Chess'],
    ['no text', '\xff'],
    ['null', 'null'],
    ['a number', '7'],
    ['a list', '["name"]'],
    ['a name that is none', '{"name": 7}'],
    ['a picture that is no text', '{"picture": {"url": "https://example.org"}}'],
    ['a picture in other letters', '{"picture": "§"}'],
    ['a picture that is no CBOR', '{"picture": "AAAAAA"}'],
    ['a picture with fields missing', '{"picture": "gWFh"}'],
  ] as const)
    it(`says nothing where it is ${what}`, () => {
      expect(readGroupProfile(utf8(text))).to.deep.equal({})
    })
})
