/** Vectors of vouching: certificate requests, the chains that answer them, and chains that are not to be believed. */
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { toHex } from './hex.js'
import { now } from './seededRandom.js'
import { type Person, type Town, type Vouched } from './town.js'

const second = 1000

export const registrationVectors = (town: Town) => {
  const { alice, bob } = town
  const [client = new Uint8Array(), intermediate = new Uint8Array()] = alice.keys.Ed25519.certificates
  const signatureKey = toHex(alice.keys.Ed25519.signer.publicKey)
  const chain = (...certificates: readonly Uint8Array[]) => certificates.map(toHex)
  return {
    description:
      'Certificate requests and the chains that a homeserver answers (docs/wire.md, Vouching). All bytes in hex; every private key is a test key: of Ed25519 the seed, of ECDSA the scalar. Times in ms since 1970.',
    authority: {
      domain: town.domain,
      now,
      root: toHex(town.root),
      rootPrivateKey: toHex(town.rootSeed),
      intermediate: toHex(town.intermediate),
      intermediatePrivateKey: toHex(town.intermediateSeed),
    },
    clients: [alice, bob].flatMap((person) =>
      Object.values(person.keys).map((vouched) => clientVector(person, vouched)),
    ),
    register: {
      request: {
        user: alice.user,
        client: alice.client,
        handle: 'alice',
        csr: toBase64url(alice.keys.Ed25519.csr),
      },
      certificates: alice.keys.Ed25519.certificates.map(toBase64url),
    },
    invalid: [
      {
        wrong: 'the certificate is of another key',
        certificates: chain(client, intermediate),
        signatureKey: toHex(bob.keys.Ed25519.signer.publicKey),
      },
      { wrong: 'no intermediate', certificates: chain(client), signatureKey },
      { wrong: 'the root is not part of it', certificates: chain(client, intermediate, town.root), signatureKey },
      { wrong: 'out of order', certificates: chain(intermediate, client), signatureKey },
      { wrong: 'a bit of the signature is flipped', certificates: chain(flipped(client), intermediate), signatureKey },
      { wrong: 'the client is its own issuer', certificates: chain(client, client), signatureKey },
    ],
  }
}

const clientVector = ({ name, user, client }: Person, { signer, csr, serial, notAfter, certificates }: Vouched) => ({
  name,
  algorithm: signer.algorithm,
  user,
  client,
  privateKey: toHex(signer.privateKey),
  signatureKey: toHex(signer.publicKey),
  csr: toHex(csr),
  certificates: certificates.map(toHex),
  serial,
  notBefore: now - 300 * second,
  notAfter,
})

/** The last byte of a certificate is of its signature. */
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))
