/** The recovery code: written, read back, and a slip noticed. */
import { expect } from 'chai'
import { randomBytes } from '#src/client/crypto/random.js'
import { readRecoveryCode, writeRecoveryCode } from '#src/client/crypto/recoveryCode.js'
import { recoveryKeysOf } from '#src/client/crypto/recoveryKeys.js'

describe('A recovery code', () => {
  const code = Uint8Array.from({ length: 16 }, (_, index) => 17 * index)

  it('comes back as it was written, whatever the bytes', () => {
    for (const bytes of [code, new Uint8Array(16), new Uint8Array(16).fill(255), randomBytes(16)])
      expect(readRecoveryCode(writeRecoveryCode(bytes))).to.deep.equal(bytes)
  })

  it('stands in groups that a person can copy', () => {
    expect(writeRecoveryCode(code)).to.match(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{2}[0-9A-Z*~$=]$/)
  })

  it('is read in small letters, with other marks between, and with letters that look like digits', () => {
    const text = writeRecoveryCode(new Uint8Array(16).fill(0x21))
    const sloppy = text.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
    expect(readRecoveryCode(sloppy)).to.deep.equal(new Uint8Array(16).fill(0x21))
  })

  it('is none with one symbol wrong, or two that changed places, or one too few', () => {
    const text = writeRecoveryCode(code).replaceAll('-', '')
    for (let at = 0; at < text.length - 1; at++) {
      const other = text[at] === 'A' ? 'B' : 'A'
      expect(readRecoveryCode(text.slice(0, at) + other + text.slice(at + 1)), `${at}`).to.equal(undefined)
      const swapped = `${text.slice(0, at)}${text[at + 1]}${text[at]}${text.slice(at + 2)}`
      if (text[at] !== text[at + 1]) expect(readRecoveryCode(swapped), `${at} swapped`).to.equal(undefined)
    }
    expect(readRecoveryCode(text.slice(1))).to.equal(undefined)
  })

  it('gives the same keys each time; a passphrase gives others, which the same locator finds', async () => {
    const plain = await recoveryKeysOf(code, undefined)
    expect(await recoveryKeysOf(code, undefined)).to.deep.equal(plain)
    const guarded = await recoveryKeysOf(code, 'correct horse')
    expect(guarded.locator).to.equal(plain.locator)
    expect(guarded.keys).not.to.deep.equal(plain.keys)
    expect((await recoveryKeysOf(randomBytes(16), undefined)).locator).not.to.equal(plain.locator)
  })
})
