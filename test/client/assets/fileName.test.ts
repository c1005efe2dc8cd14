/** The names of files that others send. */
import { expect } from 'chai'
import { fileNameIn } from '#src/client/assets/download/fileName.js'

describe('The name of a file of somebody else’s', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['photo.png', 'photo.png'],
    ['Überblick 2026 – Entwurf.pdf', 'Überblick 2026 – Entwurf.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Windows\\win.ini', 'win.ini'],
    ['/', 'file'],
    ['', 'file'],
    ['..', 'file'],
    ['.bashrc', 'bashrc'],
    ['invoice\u202Efdp.exe', 'invoicefdp.exe'],
    ['a\u0000b\nc\u200B.txt', 'abc.txt'],
    ['what?*"<>|:.txt', 'what.txt'],
    ['trailing. . ', 'trailing'],
    [`${'x'.repeat(300)}.jpeg`, `${'x'.repeat(195)}.jpeg`],
  ]
  for (const [said, shown] of rows)
    it(`is ${JSON.stringify(shown.slice(0, 30))} where it is said to be ${JSON.stringify(said.slice(0, 30))}`, () => {
      expect(fileNameIn(said)).to.equal(shown)
    })

  it('is cut where a character ends', () => {
    expect(fileNameIn(`${'🙂'.repeat(150)}.png`)).to.equal(`${'🙂'.repeat(49)}.png`)
  })
})
