/** The SDK's cryptography, held against node:crypto, jose and @peculiar/x509. */
import 'reflect-metadata'
import { createPublicKey, verify as nodeVerify } from 'node:crypto'
import { Pkcs10CertificateRequest } from '@peculiar/x509'
import { expect } from 'chai'
import { jwtVerify } from 'jose'
import { certificateRequest } from '#src/client/crypto/csr.js'
import { newKeyPair, sign, verify } from '#src/client/crypto/ed25519.js'
import { openJws, signJws } from '#src/client/crypto/jws.js'
import { randomBytes } from '#src/client/crypto/random.js'
import { open, seal } from '#src/client/crypto/seal.js'
import { edwardsToMontgomery, montgomerySecret } from '#src/client/account/montgomery.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'

const message = new TextEncoder().encode('a message')
const nodeKey = (publicKey: Uint8Array) =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: toBase64url(publicKey) }, format: 'jwk' })

describe('SDK cryptography', () => {
  it('signs as Ed25519 does, and verifies no other message', async () => {
    const keys = newKeyPair()
    const signature = await sign(keys.seed, message)
    expect(nodeVerify(null, message, nodeKey(keys.publicKey), signature)).to.equal(true)
    expect(await verify(keys.publicKey, message, signature)).to.equal(true)
    expect(await verify(keys.publicKey, new Uint8Array(3), signature)).to.equal(false)
    expect(await verify(new Uint8Array(3), message, signature)).to.equal(false)
  })

  it('makes certificate requests with exactly the two URIs, proven by the key', async () => {
    const domain = parseDomain('requests.test')!
    const [user, client] = [makeId('user', domain, randomBytes(16)), makeId('client', domain, randomBytes(16))]
    const request = new Pkcs10CertificateRequest(new Uint8Array(await certificateRequest(newKeyPair(), user, client)))
    expect(await request.verify()).to.equal(true)
    expect(request.extensions).to.have.length(1)
    expect(request.extensions[0]!.toString('text')).to.include(user).and.to.include(client)
  })

  it('makes assertions that jose takes, and takes none that was changed', async () => {
    const keys = newKeyPair()
    const token = await signJws(keys.seed, { kid: 'k' }, { iss: 'me', n: 1 })
    const { payload, protectedHeader } = await jwtVerify(token, nodeKey(keys.publicKey))
    expect(payload).to.deep.equal({ iss: 'me', n: 1 })
    expect(protectedHeader).to.deep.equal({ alg: 'EdDSA', kid: 'k' })
    expect(await openJws(keys.publicKey, token)).to.deep.equal({ iss: 'me', n: 1 })
    const [header, claims, signature] = token.split('.')
    expect(await openJws(keys.publicKey, [header, `${claims!}AA`, signature].join('.'))).to.equal(undefined)
    expect(await openJws(newKeyPair().publicKey, token)).to.equal(undefined)
  })

  it('seals to a signature key what only its holder opens', async () => {
    const keys = newKeyPair()
    const sealed = await seal({
      publicKey: edwardsToMontgomery(keys.publicKey),
      info: 'i',
      aad: message,
      plaintext: message,
    })
    const attempt = (seed: Uint8Array, aad: Uint8Array) =>
      open({ privateKey: montgomerySecret(seed), info: 'i', aad, sealed })
    expect(await attempt(keys.seed, message)).to.deep.equal(message)
    expect(await attempt(newKeyPair().seed, message)).to.equal(undefined)
    expect(await attempt(keys.seed, new Uint8Array())).to.equal(undefined)
  })
})
