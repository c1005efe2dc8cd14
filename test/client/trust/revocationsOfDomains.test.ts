/** Revocations of other domains in the SDK: each list for its own domain’s certificates, and as that domain signed it. */
import { expect } from 'chai'
import { makeAuthority, openAuthority } from '#src/adapters/x509/authority.js'
import { Refused } from '#src/client/transport/refused.js'
import { revocationsOfDomains } from '#src/client/trust/revocationsOfDomains.js'
import type { RevocationsDependencies } from '#src/client/trust/revocationsOfDomains.js'
import { Untrusted } from '#src/client/trust/untrusted.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { revocationsContent } from '#src/mls/group/revocationList.js'
import type { SignedRevocations } from '#src/mls/group/revocationList.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { parseCertificate } from '#src/mls/x509/certificate.js'
import type { Authority } from '#src/ports/authority.js'
import { makePeople, type Person } from '../support/people.js'

const [a, b] = [parseDomain('a.example')!, parseDomain('b.example')!]
const start = Date.UTC(2026, 10, 25)

describe('what another domain revoked', () => {
  let bob: Person
  let bea: Person
  let authority: Authority
  let serial: string
  before(async () => {
    const people = await makePeople(b, start)
    ;[bob, bea] = [await people.person(), await people.person()]
    serial = parseCertificate(bob.identity.certificates[0]!).serial
    authority = await openAuthority({ domain: b, ...(await makeAuthority(b, start)) })
  })

  const signedBy = async (by: Authority, domain: Domain, list: Parameters<typeof revocationsContent>[1]) => {
    const { issuer, signature } = await by.sign(revocationsContent(domain, list))
    return { ...list, issuer: toBase64url(issuer), signature: toBase64url(signature) }
  }
  const listOf = (changes: Partial<Parameters<typeof revocationsContent>[1]> = {}) =>
    signedBy(authority, b, { cursor: '', revoked: [{ serial, at: 1 }], time: start, ...changes })

  const opened = (readOf: RevocationsDependencies['readOf'], more: Partial<RevocationsDependencies> = {}) =>
    revocationsOfDomains({
      own: a,
      readOwn: () => Promise.resolve({ revoked: [] }),
      readOf,
      roots: { of: () => Promise.resolve(authority.root), former: () => [] },
      now: () => start,
      ...more,
    })
  const failing = (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => undefined,
      (error: unknown) => error,
    )
  const refused = (code: string, status: number) =>
    Promise.reject(new Refused({ code, status, title: '', type: '', requestId: '' } as never))

  it('counts for its certificates, page by page', async () => {
    const first = await listOf({ revoked: [{ serial: '01', at: 1 }], next: 'more' })
    const second = await listOf({ cursor: 'more' })
    const isRevoked = opened((_, cursor) => Promise.resolve(cursor === '' ? first : second))
    expect(await isRevoked(bob.identity.certificates)).to.equal(true)
    expect(await isRevoked(bea.identity.certificates)).to.equal(false)
  })

  it('counts for nobody else’s: a domain cannot revoke what another one issued', async () => {
    const isRevoked = opened(() => refused('no-such-route', 404), {
      own: b,
      readOwn: () => Promise.resolve({ revoked: [] }),
    })
    expect(await isRevoked(bob.identity.certificates)).to.equal(false)
    const list = await listOf()
    const asC = opened(() => Promise.resolve(list), { own: b })
    expect(await asC(bob.identity.certificates)).to.equal(false)
  })

  it('is believed as it was signed alone: a line more or less, another page, another time or another domain is told', async () => {
    const list = await listOf()
    const c = parseDomain('c.example')!
    const other = await openAuthority({ domain: b, ...(await makeAuthority(b, start)) })
    const lies: readonly SignedRevocations[] = [
      { ...list, revoked: [] },
      { ...list, revoked: [...list.revoked, { serial: '02', at: 1 }] },
      { ...list, next: 'more' },
      { ...list, time: start + 1 },
      await listOf({ cursor: 'another' }),
      await listOf({ time: start - 2 * 86_400_000 }),
      await signedBy(authority, c, { cursor: '', revoked: [], time: start }),
      await signedBy(other, b, { cursor: '', revoked: [], time: start }),
      { ...list, signature: 'AAAA' },
      { ...list, issuer: 'AAAA' },
    ]
    for (const lie of lies)
      expect(await failing(opened(() => Promise.resolve(lie))(bob.identity.certificates))).to.be.instanceOf(Untrusted)
  })

  it('is what it was while its server is away, and nothing where it has none', async () => {
    let now = start
    let isAway = false
    const list = await listOf()
    const isRevoked = opened(() => (isAway ? refused('peer-unreachable', 502) : Promise.resolve(list)), {
      now: () => now,
    })
    expect(await isRevoked(bob.identity.certificates)).to.equal(true)
    isAway = true
    now += 60_001
    expect(await isRevoked(bob.identity.certificates)).to.equal(true)
    const without = opened(() => refused('peer-not-federating', 502))
    expect(await without(bob.identity.certificates)).to.equal(false)
    const broken = opened(() => refused('internal', 500))
    expect(await failing(broken(bob.identity.certificates))).to.be.instanceOf(Refused)
  })
})
