/** Roots of other servers in the SDK: pinned at first sight, changed by the pinned one’s word alone. */
import { webcrypto } from 'node:crypto'
import { expect } from 'chai'
import { memoryStore } from '#src/client/index.js'
import type { OfferedRoot } from '#src/client/api/account.js'
import { saverTo } from '#src/client/engine/saver.js'
import { Refused } from '#src/client/transport/refused.js'
import { chainVerifier } from '#src/client/trust/chainVerifier.js'
import { fingerprintOf, loadPinnedRoots } from '#src/client/trust/pinnedRoots.js'
import { nodeCrypto } from '#src/mls/crypto/nodeCrypto.js'
import { rootStatementContent } from '#src/mls/group/rootStatement.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import { authority, issue } from '../../mls/certificates.js'
import { makePeople } from '../support/people.js'

const b = parseDomain('b.example')!
const certificate = async () => {
  const { der: root, keys } = await issue({ subject: 'CN=root', extensions: authority() })
  return { root, keys }
}

describe('the root of another server', () => {
  const house = async () => {
    const store = memoryStore()
    const [old, next] = [await certificate(), await certificate()]
    const server: { offers: () => Promise<OfferedRoot>; asked: number; at: number } = {
      offers: () => Promise.resolve({ root: old.root, statements: [] }),
      asked: 0,
      at: 0,
    }
    const mismatches: string[] = []
    const saver = saverTo(
      store,
      () => 0,
      () => undefined,
    )
    const open = () =>
      loadPinnedRoots({
        store,
        saver,
        known: { 'a.example': new Uint8Array([7]) },
        ask: () => {
          server.asked++
          return server.offers()
        },
        now: () => server.at,
        onMismatch: (domain, { pinned, offered }) => {
          mismatches.push(`${domain} ${pinned} ${offered}`)
        },
      })
    const statement = async (domain = b) => {
      const content = rootStatementContent(domain, old.root, next.root, nodeCrypto)
      const signature = new Uint8Array(
        await webcrypto.subtle.sign('Ed25519', old.keys.privateKey, new Uint8Array(content)),
      )
      return { from: toBase64url(old.root), to: toBase64url(next.root), signature: toBase64url(signature) }
    }
    return { old, next, server, mismatches, open, saver, statement }
  }
  /** It was pinned a minute ago, and now another one is offered, which the pinned one signed. */
  const changing = async () => {
    const here = await house()
    const { next, server, open, statement } = here
    const roots = await open()
    await roots.of(b)
    server.at = 60_000
    const statements = [await statement()]
    server.offers = () => Promise.resolve({ root: next.root, statements })
    return { ...here, roots }
  }

  it('is asked for once, and kept over restarts', async () => {
    const { old, next, server, open, saver } = await house()
    const roots = await open()
    expect(await Promise.all([roots.of(b), roots.of(b)])).to.deep.equal([old.root, old.root])
    await saver.flush()
    server.offers = () => Promise.resolve({ root: next.root, statements: [] })
    expect(await (await open()).of(b)).to.deep.equal(old.root)
    expect(server.asked).to.equal(1)
  })

  it('of the own server and those that the application knows are nobody else’s to say', async () => {
    const { server, open } = await house()
    const roots = await open()
    expect(await roots.of(parseDomain('a.example')!)).to.deep.equal(new Uint8Array([7]))
    expect([await roots.renew(parseDomain('a.example')!), server.asked]).to.deep.equal([false, 0])
  })

  it('changes for one that it signed', async () => {
    const { next, mismatches, roots } = await changing()
    expect(await roots.renew(b)).to.equal(true)
    expect([await roots.of(b), mismatches]).to.deep.equal([next.root, []])
  })

  it('changes for no other, which is told', async () => {
    const { old, next, server, mismatches, open, statement } = await house()
    const roots = await open()
    await roots.of(b)
    const ofAnother = await statement(parseDomain('c.example'))
    for (const statements of [[], [ofAnother], [{ ...(await statement()), signature: 'AAAA' }]]) {
      server.at += 60_000
      server.offers = () => Promise.resolve({ root: next.root, statements })
      expect(await roots.renew(b)).to.equal(false)
      expect(await roots.of(b)).to.deep.equal(old.root)
    }
    const told = `b.example ${fingerprintOf(old.root)} ${fingerprintOf(next.root)}`
    expect(mismatches).to.deep.equal([told, told, told])
  })

  it('is known by its fingerprint, and by that of one that led to it; another one is told, once', async () => {
    const { old, next, mismatches, roots } = await changing()
    const [before, after] = [fingerprintOf(old.root), fingerprintOf(next.root)]
    expect(await roots.isKnown(b, before)).to.equal(true)
    expect([await roots.isKnown(b, after), await roots.isKnown(b, before)]).to.deep.equal([true, true])
    expect([await roots.of(b), mismatches]).to.deep.equal([next.root, []])
    for (let n = 0; n < 2; n++) expect(await roots.isKnown(b, 'another')).to.equal(false)
    expect(mismatches).to.deep.equal([`b.example ${after} another`])
  })

  it('is none that is known where another one took its place meanwhile', async () => {
    const { next, mismatches, roots } = await changing()
    expect(await roots.isKnown(b, 'another')).to.equal(false)
    expect(mismatches).to.deep.equal([`b.example ${fingerprintOf(next.root)} another`])
  })

  it('of a server that is not spoken to is nobody’s to compare', async () => {
    const { server, mismatches, open } = await house()
    server.offers = () =>
      Promise.reject(new Refused({ code: 'peer-not-federating', status: 403, title: '', domain: b } as never))
    expect(await (await open()).isKnown(b, 'another')).to.equal(true)
    expect(mismatches).to.deep.equal([])
  })

  it('is asked for again no more than once a minute', async () => {
    const { server, open } = await house()
    const roots = await open()
    await roots.of(b)
    for (const at of [0, 59_999, 60_000, 60_001, 119_999]) {
      server.at = at
      await roots.renew(b)
    }
    expect(server.asked).to.equal(2)
  })

  it('is asked for once by all who found something not signed under it, and all hear of another', async () => {
    const { old, next, server, roots } = await changing()
    expect(await Promise.all([roots.renew(b, old.root), roots.renew(b, old.root)])).to.deep.equal([true, true])
    expect([await roots.renew(b, old.root), await roots.renew(b, next.root)]).to.deep.equal([true, false])
    expect(server.asked).to.equal(2)
  })

  it('is asked for again at once where nobody answered', async () => {
    const { next, server, open, statement } = await house()
    const roots = await open()
    await roots.of(b)
    server.at = 60_000
    server.offers = () => Promise.reject(new Error('away'))
    expect(await roots.renew(b).catch(String)).to.equal('Error: away')
    const statements = [await statement()]
    server.offers = () => Promise.resolve({ root: next.root, statements })
    expect(await roots.renew(b)).to.equal(true)
  })

  it('is none of a server that the own one does not speak to, and not yet of one that is away', async () => {
    const { server, open } = await house()
    const roots = await open()
    server.offers = () => Promise.reject(refused('peer-unreachable', 503))
    expect(await roots.of(b).catch((error: unknown) => error)).to.have.property('code', 'peer-unreachable')
    server.offers = () => Promise.reject(refused('peer-not-federating', 502))
    expect(await roots.of(b)).to.equal(undefined)
  })

  it('that has changed lets members be verified by the new one', async () => {
    const people = await makePeople('b.example')
    const { identity } = await people.person()
    const offered = { root: new Uint8Array([1]), renewals: 0 }
    const verify = chainVerifier(
      () => Promise.resolve(offered.root),
      () => {
        offered.renewals++
        offered.root = new Uint8Array(people.root)
        return Promise.resolve(true)
      },
    )
    expect(await verify(identity.certificates, identity.signatureKey)).to.have.property('domain', 'b.example')
    expect(offered.renewals).to.equal(1)
  })
})

const refused = (code: string, status: number): Refused => new Refused({ code, status, title: code } as never)
