/** A certificate for a name that signs itself, with its key. */
import 'reflect-metadata'
import { X509CertificateGenerator, cryptoProvider } from '@peculiar/x509'
import { webcrypto } from 'node:crypto'

export type Pair = { readonly cert: string; readonly key: string; readonly serial: string }

export const makePair = async (serial: string, name = 'localhost'): Promise<Pair> => {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  cryptoProvider.set(webcrypto as Crypto)
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial,
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
    serial,
  }
}
