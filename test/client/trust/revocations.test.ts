/** The list of revoked certificates, as the SDK reads it. */
import { expect } from 'chai'
import { revocationsBy } from '#src/client/trust/revocations.js'
import { Refused } from '#src/client/transport/refused.js'
import { parseCertificate } from '#src/mls/x509/certificate.js'
import { makePeople, type Person } from '../support/people.js'

/** A homeserver's list in pages of two, whose cursors name the page. */
const listOf = (serials: string[]) => {
  const asked: (string | undefined)[] = []
  let log = 'a'
  const readPage = (cursor: string | undefined) => {
    asked.push(cursor)
    const [of = log, page = '0'] = (cursor ?? '').split('.').filter((part) => part !== '')
    if (of !== log)
      return Promise.reject(new Refused({ type: '', status: 410, code: 'cursor-expired', title: '', requestId: '' }))
    const from = Number(page) * 2
    const revoked = serials.slice(from, from + 2).map((serial) => ({ serial, at: 1 }))
    return Promise.resolve({ revoked, ...(serials.length > from + 2 ? { next: `${log}.${Number(page) + 1}` } : {}) })
  }
  return { readPage, asked, serials, restore: () => (log = 'b') }
}

describe('Revoked certificates', () => {
  let alice: Person
  let bob: Person
  const serialOf = ({ identity }: Person): string => parseCertificate(identity.certificates[0]!).serial
  before(async () => {
    const people = await makePeople()
    ;[alice, bob] = [await people.person(), await people.person()]
  })

  it('are known wherever in the list they stand, and others are not', async () => {
    const list = listOf(['01', '02', '03', '04', serialOf(bob).toUpperCase()])
    const isRevoked = revocationsBy(list.readPage, () => 0)
    expect(await isRevoked(bob.identity.certificates)).to.equal(true)
    expect(await isRevoked(alice.identity.certificates)).to.equal(false)
    expect(list.asked).to.deep.equal([undefined, 'a.1', 'a.2'])
  })

  it('are read again from the last page on, and not within a minute', async () => {
    let now = 0
    const list = listOf(['01', '02', '03'])
    const isRevoked = revocationsBy(list.readPage, () => now)
    expect(await isRevoked(bob.identity.certificates)).to.equal(false)
    list.serials.push(serialOf(bob))
    now = 60_000
    expect(await isRevoked(bob.identity.certificates)).to.equal(false)
    now = 60_001
    expect(await isRevoked(bob.identity.certificates)).to.equal(true)
    expect(list.asked).to.deep.equal([undefined, 'a.1', 'a.1'])
  })

  it('are read once for those who ask at the same time', async () => {
    const list = listOf([serialOf(bob)])
    const isRevoked = revocationsBy(list.readPage, () => 0)
    const people = [alice, bob].map(({ identity }) => isRevoked(identity.certificates))
    expect(await Promise.all(people)).to.deep.equal([false, true])
    expect(list.asked).to.deep.equal([undefined])
  })

  it('are read anew from the beginning where the homeserver has another log', async () => {
    let now = 0
    const list = listOf(['01', '02', serialOf(bob)])
    const isRevoked = revocationsBy(list.readPage, () => now)
    expect(await isRevoked(bob.identity.certificates)).to.equal(true)
    list.restore()
    list.serials.splice(0, 3, '01', '02', serialOf(alice))
    now = 100_000
    expect(await isRevoked(bob.identity.certificates)).to.equal(false)
    expect(await isRevoked(alice.identity.certificates)).to.equal(true)
  })

  it('leave nobody believed while the list cannot be had', async () => {
    const isRevoked = revocationsBy(
      () => Promise.reject(new Error('away')),
      () => 0,
    )
    expect(await isRevoked(alice.identity.certificates).catch(String)).to.equal('Error: away')
  })
})
