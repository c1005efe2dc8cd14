/** Vectors of what a client signs to be let in: assertions, approvals, and keys by which everybody could sign. */
import { createHash } from 'node:crypto'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { toHex } from './hex.js'
import { now, seededBytes } from './seededRandom.js'
import { jwsOf, signerOf } from './signers.js'
import { baseUrl, type Person, type Town, type Vouched } from './town.js'

const iat = now / 1000

export const assertionVectors = ({ alice, carol }: Town) => ({
  description:
    'Assertions for tokens and approvals of certificate requests, as JWS (docs/wire.md, Tokens). Keys in hex, private keys are test keys. ECDSA signatures are deterministic here (RFC 6979); others are as good.',
  tokenUrl: `${baseUrl}/v1/token`,
  now,
  assertions: [
    ...Object.values(alice.keys).map(({ signer }) => assertionVector(alice.client, signer)),
    assertionVector(alice.queue, signerOf('alice queue key', 'Ed25519')),
  ],
  approval: approvalVector(alice, carol.keys.Ed25519),
  weakKeys: {
    description: 'Public keys that are refused wherever a key is given: of small order, or of a second encoding.',
    Ed25519: [
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0100000000000000000000000000000000000000000000000000000000000000',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    ],
  },
})

const assertionVector = (id: string, signer: ReturnType<typeof signerOf>) => {
  const jti = toBase64url(seededBytes(`jti ${id} ${signer.algorithm}`, 16))
  const claims = { iss: id, sub: id, aud: `${baseUrl}/v1/token`, iat, exp: iat + 45, jti }
  const header = { kid: id }
  return {
    algorithm: signer.algorithm,
    privateKey: toHex(signer.privateKey),
    publicKey: toHex(signer.publicKey),
    header: { alg: signer.jwsAlgorithm, ...header },
    claims,
    ...jwsOf(signer, header, claims),
  }
}

/** Alice's client approves the request of another client. */
const approvalVector = ({ client, keys }: Person, { csr }: Vouched) => {
  const digest = toBase64url(createHash('sha256').update(csr).digest())
  const claims = { aud: `${baseUrl}/v1/clients`, iat, jti: toBase64url(seededBytes('approval', 16)), csr: digest }
  const { signer } = keys.Ed25519
  return {
    by: client,
    publicKey: toHex(signer.publicKey),
    csr: toHex(csr),
    claims,
    ...jwsOf(signer, { kid: client }, claims),
  }
}
