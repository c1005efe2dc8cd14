/** What the server's keys are asked for. */
import { expect } from 'chai'
import type { Keyring } from '#src/compose/keys/keyring.js'
import { vouchWith } from '#src/compose/vouching.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { sealQueueReference } from '#src/mls/group/queueReference.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import { encodeQueueReference } from '#src/mls/wire/queueReferenceCodec.js'

const [here, there] = [parseDomain('a.example')!, parseDomain('b.example')!]

describe('a queue reference', () => {
  it('of another server’s member is not looked for among our keys, which may be away', () => {
    const lacking = (): never => {
      throw new Error('this process lacks the sealing key that is used now')
    }
    const { openReference } = vouchWith(here, { sealingKeys: { get: lacking } } as unknown as Keyring)
    const signatureKey = new Uint8Array(32).fill(3)
    const sealedFor = (domain: typeof here) => ({
      reference: toBase64url(
        encodeQueueReference(
          sealQueueReference({
            ...{ queue: makeId('queue', domain, new Uint8Array(16)), domain, signatureKey },
            ...{ keyId: new Uint8Array(8), publicKey: new Uint8Array(32).fill(9) },
          }),
        ),
      ),
      signatureKey: toBase64url(signatureKey),
    })
    expect(openReference(sealedFor(there))).to.equal(undefined)
    expect(() => openReference(sealedFor(here))).to.throw('lacks the sealing key')
  })
})
