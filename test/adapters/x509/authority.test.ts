import 'reflect-metadata'
import { X509Certificate } from 'node:crypto'
import { SubjectAlternativeNameExtension, BasicConstraintsExtension } from '@peculiar/x509'
import { expect } from 'chai'
import { makeAuthority, openAuthority } from '#src/adapters/x509/authority.js'
import { readCertificateRequest } from '#src/adapters/x509/certificateRequest.js'
import { verifyCredential } from '#src/mls/group/verifyCredential.js'
import type { Authority, CertificateRequest } from '#src/ports/authority.js'
import { client, domain, user } from '../../commands/people.js'
import { makeTestKey } from '../../api/testClient.js'
import type { TestAlgorithm } from '../../api/testClient.js'

const now = Date.UTC(2026, 10, 25)
const fiveYears = 5 * 365 * 24 * 60 * 60 * 1000

const open = async (): Promise<Authority> => openAuthority({ domain, ...(await makeAuthority(domain, now)) })

const request = async (algorithm: TestAlgorithm = 'Ed25519') => {
  const key = await makeTestKey(algorithm)
  return { key, csr: await key.csr([user(1), client(2)]) }
}

describe('the certificate authority', () => {
  for (const algorithm of ['Ed25519', 'P-256', 'P-384'] as const) {
    it(`vouches for ${algorithm} keys so that an MLS credential verifies`, async () => {
      const authority = await open()
      const { key, csr } = await request(algorithm)
      const read = await authority.readRequest(csr)
      expect(read).to.deep.equal({ user: user(1), client: client(2), algorithm, signatureKey: key.publicKey })
      const issued = await authority.issue(read as CertificateRequest, now, fiveYears)
      const credential = { type: 'x509', certificates: [issued.certificate, issued.issuer] } as const
      const verified = verifyCredential(credential, key.publicKey, () => [authority.root], now)
      expect(verified).to.deep.equal({
        ok: true,
        value: { user: user(1), client: client(2), domain, notAfter: issued.notAfter },
      })
      expect(issued.notAfter).to.equal(now + fiveYears)
      expect(issued.certificate.length).to.be.lessThan(algorithm === 'Ed25519' ? 330 : 420)
    })
  }

  it('writes the serial number and the end that it says it wrote', async () => {
    const authority = await open()
    const { csr } = await request()
    const issued = await authority.issue((await authority.readRequest(csr)) as CertificateRequest, now + 123, fiveYears)
    const certificate = new X509Certificate(issued.certificate)
    expect(certificate.serialNumber.toLowerCase()).to.equal(issued.serial)
    expect(Date.parse(certificate.validTo)).to.equal(issued.notAfter)
    expect(certificate.verify(new X509Certificate(issued.issuer).publicKey)).to.equal(true)
  })

  it('never vouches for longer than its own intermediate lasts', async () => {
    const authority = await open()
    const { csr } = await request()
    const issued = await authority.issue((await authority.readRequest(csr)) as CertificateRequest, now, 9 * fiveYears)
    expect(issued.notAfter).to.equal(new Date(new X509Certificate(issued.issuer).validTo).getTime())
  })
})

describe('a certificate request', () => {
  it('ignores what else it asks for', async () => {
    const key = await makeTestKey()
    const csr = await key.csr([client(2), user(1)], [new BasicConstraintsExtension(true, 3, true)])
    expect(await readCertificateRequest(csr)).to.deep.include({ user: user(1), client: client(2) })
  })

  it('is refused when its signature is not by its key', async () => {
    const { csr } = await request()
    csr[csr.length - 5]! ^= 1
    expect(await readCertificateRequest(csr)).to.deep.equal({ unreadable: 'signature' })
  })

  for (const [algorithm, hash] of [
    ['P-256', 'SHA-384'],
    ['P-256', 'SHA-1'],
    ['P-384', 'SHA-256'],
  ] as const) {
    it(`is refused when a ${algorithm} key signed it over ${hash}`, async () => {
      const csr = await (await makeTestKey(algorithm)).csr([user(1), client(2)], [], hash)
      expect(await readCertificateRequest(csr)).to.deep.equal({ unreadable: 'signatureAlgorithm' })
    })
  }

  const refusedNames: readonly (readonly [string, readonly string[]])[] = [
    ['no names', []],
    ['a user alone', [user(1)]],
    ['two users', [user(1), user(2)]],
    ['a third name', [user(1), client(1), client(2)]],
    ['another URI', [user(1), 'https://example.org/']],
    ['names of two domains', [user(1), client(2).replace('localhost', 'example.org')]],
  ]
  for (const [what, names] of refusedNames) {
    it(`is refused with ${what}`, async () => {
      const key = await makeTestKey()
      expect(await readCertificateRequest(await key.csr(names))).to.deep.equal({ unreadable: 'subjectAltName' })
    })
  }

  it('is refused with a name of another kind, or with the extension twice', async () => {
    const key = await makeTestKey()
    const dns = new SubjectAlternativeNameExtension([
      { type: 'url', value: user(1) },
      { type: 'dns', value: 'example.org' },
    ])
    const again = new SubjectAlternativeNameExtension([{ type: 'url', value: user(3) }])
    expect(await readCertificateRequest(await key.csr([], [dns]))).to.deep.equal({ unreadable: 'subjectAltName' })
    const twice = await key.csr([user(1), client(2)], [again])
    expect(await readCertificateRequest(twice)).to.deep.equal({ unreadable: 'subjectAltName' })
  })

  it('is refused when bytes are missing, left over or changed, and never throws', async () => {
    const { csr } = await request()
    expect(await readCertificateRequest(Uint8Array.of(...csr, 0))).to.have.property('unreadable')
    for (let length = 0; length < csr.length; length += 7) {
      expect(await readCertificateRequest(csr.slice(0, length))).to.have.property('unreadable')
    }
    for (let at = 0; at < csr.length; at++) {
      const changed = csr.slice()
      changed[at]! ^= 0x55
      expect(await readCertificateRequest(changed), `byte ${at}`).to.have.property('unreadable')
    }
  })
})
