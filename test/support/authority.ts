/** An authority of a closed network, and certificates that it signs for names and addresses. */
import 'reflect-metadata'
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  cryptoProvider,
} from '@peculiar/x509'
import { webcrypto } from 'node:crypto'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
type PemPair = { readonly cert: string; readonly key: string }
export type TestAuthority = {
  readonly cert: string
  readonly sign: (names: { readonly dns: readonly string[]; readonly ip?: readonly string[] }) => Promise<PemPair>
}

const times = () => ({ notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) })

export const makeTestAuthority = async (name: string): Promise<TestAuthority> => {
  cryptoProvider.set(webcrypto as Crypto)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const root = await X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: '01', name: `CN=${name}`, ...times(), keys, signingAlgorithm: algorithm },
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  })
  let serial = 1
  return {
    cert: root.toString('pem'),
    sign: async ({ dns, ip = [] }) => {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      const certificate = await X509CertificateGenerator.create({
        ...{ serialNumber: `0${++serial}`, subject: `CN=${dns[0] ?? 'nobody'}`, issuer: root.subject, ...times() },
        ...{ signingKey: keys.privateKey, publicKey: own.publicKey, signingAlgorithm: algorithm },
        extensions: [
          new SubjectAlternativeNameExtension([
            ...dns.map((value) => ({ type: 'dns', value }) as const),
            ...ip.map((value) => ({ type: 'ip', value }) as const),
          ]),
        ],
      })
      const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', own.privateKey)).toString('base64')
      const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`
      return { cert: certificate.toString('pem'), key }
    },
  }
}
