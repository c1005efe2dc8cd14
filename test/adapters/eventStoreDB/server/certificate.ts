/** A certificate of its own authority, for a test server with TLS. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'

export type Certified = { readonly key: string; readonly certificate: string }

const dayMs = 24 * 60 * 60 * 1_000

/** `address`: the only one that it is for. */
export const certify = async (address: string, validMs = dayMs): Promise<Certified> => {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const made = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    keys,
    serialNumber: '01',
    notBefore: new Date(Date.now() - 2 * dayMs),
    notAfter: new Date(Date.now() + validMs),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: address }])],
  })
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    certificate: made.toString('pem'),
  }
}
