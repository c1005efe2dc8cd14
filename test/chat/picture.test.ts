/** What the chat shows as a picture, and what it does not. */
import { expect } from 'chai'
import { mayBePicture, pictureBytesMax, pictureTypeOf } from '#src/chat/picture.js'
import { sizeOf } from '#src/chat/sizes.js'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

describe('A picture in the chat', () => {
  it('is what begins as one', () => {
    expect(pictureTypeOf(bytes('\x89PNG\r\n\x1a\n…'))).to.equal('image/png')
    expect(pictureTypeOf(bytes('\xff\xd8\xff\xe0'))).to.equal('image/jpeg')
    expect(pictureTypeOf(bytes('GIF89a'))).to.equal('image/gif')
    expect(pictureTypeOf(bytes('RIFF\0\0\0\0WEBPVP8 '))).to.equal('image/webp')
    expect(pictureTypeOf(bytes('\0\0\0\x1cftypavif'))).to.equal('image/avif')
  })

  it('is nothing else, whatever it is called: no SVG, no HTML, no bytes that are none', () => {
    for (const text of [
      '<svg xmlns="http://www.w3.org/2000/svg">',
      '<!doctype html>',
      '%PDF-1.7',
      'RIFF\0\0\0\0WAVE',
      '',
      '\x89PN',
    ])
      expect(pictureTypeOf(bytes(text)), text).to.equal(undefined)
    for (const type of ['image/svg+xml', 'text/html', 'application/pdf', 'image/x-icon', ''])
      expect(mayBePicture({ type, size: 1 }), type).to.equal(false)
  })

  it('is fetched unasked where it is small enough', () => {
    expect(mayBePicture({ type: 'image/png', size: pictureBytesMax })).to.equal(true)
    expect(mayBePicture({ type: 'image/png', size: pictureBytesMax + 1 })).to.equal(false)
  })

  it('has a size as people say it', () => {
    expect([0, 999, 1_000, 12_345, 999_499, 1_000_000, 52_406_400].map(sizeOf)).to.deep.equal([
      '0 bytes',
      '999 bytes',
      '1 kB',
      '12 kB',
      '999 kB',
      '1.0 MB',
      '52 MB',
    ])
  })
})
