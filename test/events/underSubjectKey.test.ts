import { expect } from 'chai'
import { decryptUnderSubjectKey, encryptUnderSubjectKey } from '#src/events/form/underSubjectKey.js'
import { user } from '../commands/people.js'

const key = new Uint8Array(32).fill(7)
const nonce = new Uint8Array(12).fill(9)
const subject = { user: user(1), field: 'handle' } as const

describe('words under a subject’s key', () => {
  const encrypted = encryptUnderSubjectKey(key, nonce, subject, 'Ålice')

  it('open under it, and show nothing without it', () => {
    expect(decryptUnderSubjectKey(key, subject, encrypted)).to.equal('Ålice')
    expect(decryptUnderSubjectKey(new Uint8Array(32), subject, encrypted)).to.equal(undefined)
  })

  it('do not open as another person’s, changed, cut or made up', () => {
    expect(decryptUnderSubjectKey(key, { ...subject, user: user(2) }, encrypted)).to.equal(undefined)
    for (const bad of ['', 'AAAA', '!', `${encrypted}AAAA`, encrypted.slice(0, -4), `B${encrypted.slice(1)}`]) {
      expect(decryptUnderSubjectKey(key, subject, bad), bad).to.equal(undefined)
    }
  })

  it('are written the same for ever', () => {
    expect(encrypted).to.equal('CQkJCQkJCQkJCQkJ5ADo_d2Vd2tzg91eL90nzqwXP2Z_iA')
  })
})
