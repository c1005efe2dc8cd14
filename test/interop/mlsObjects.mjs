// What a client needs of an MLS library, for those made by generators: JSON of what to make on stdin, JSON of it on stdout.
import { text } from 'node:stream/consumers'
import { fromBase64url, toBase64url } from '../../dist/mls/bytes/base64url.js'
import { certificateRequest } from '../../dist/client/crypto/csr.js'
import { keyPairOf, newKeyPair } from '../../dist/client/crypto/ed25519.js'
import { signJws } from '../../dist/client/crypto/jws.js'
import { randomId } from '../../dist/client/crypto/random.js'
import { sealQueueReference } from '../../dist/client/crypto/sealQueueReference.js'
import { makeKeyPackage } from '../../dist/client/member/ownKeyPackage.js'
import { loadSuite } from '../../dist/client/member/suite.js'

const keysIn = ({ seed }) => keyPairOf(fromBase64url(seed))

const makers = {
  keys: () => {
    const { seed, publicKey } = newKeyPair()
    return { seed: toBase64url(seed), publicKey: toBase64url(publicKey) }
  },
  csr: async (asked) => ({ csr: toBase64url(await certificateRequest(keysIn(asked), asked.user, asked.client)) }),
  assertion: async ({ id, audience, ...asked }) => {
    const iat = Math.floor(Date.now() / 1000)
    const claims = { iss: id, sub: id, aud: audience, iat, exp: iat + 45, jti: randomId() }
    return { assertion: await signJws(keysIn(asked).seed, { kid: id }, claims) }
  },
  keyPackage: async ({ certificates, queue, queueKey, lastResort = false, ...asked }) => {
    const { seed, publicKey } = keysIn(asked)
    const { domain, keyId, publicKey: sealing } = queueKey
    const sealingKey = { domain, keyId: fromBase64url(keyId), publicKey: fromBase64url(sealing) }
    const { message, ref } = await makeKeyPackage({
      suite: await loadSuite(1),
      identity: { certificates: certificates.map(fromBase64url), signatureSeed: seed, signatureKey: publicKey },
      queueReference: await sealQueueReference(queue, sealingKey, publicKey),
      lastResort,
      now: Date.now(),
    })
    return { keyPackage: toBase64url(message), ref: toBase64url(ref) }
  },
}

const { make, ...asked } = JSON.parse(await text(process.stdin))
process.stdout.write(JSON.stringify(await makers[make](asked)))
