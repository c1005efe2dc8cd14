/** Signed pages of revocations, against vectors that were written without our code. */
import { expect } from 'chai'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import { nodeCrypto } from '#src/mls/crypto/nodeCrypto.js'
import { areRevocationsOf, revocationsContent } from '#src/mls/group/revocationList.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import type { revocationVectors } from '../docs/vectors/revocations.js'
import { vectorsIn } from '../docs/vectors/vectorFile.js'

const { revocations } = vectorsIn('federation') as { readonly revocations: ReturnType<typeof revocationVectors> }
const { domain, pages, refused } = revocations
const roots = [fromBase64url(revocations.root) ?? new Uint8Array()]

describe('signed pages of revocations', () => {
  it('are signed over the lines that the specification has, and believed under the root', () => {
    for (const { name, signed, page } of pages) {
      expect(new TextDecoder().decode(revocationsContent(domain, page)), name).to.equal(signed)
      expect(areRevocationsOf(domain, page, roots, nodeCrypto), name).to.equal(true)
      expect(areRevocationsOf(domain, page, [], nodeCrypto), name).to.equal(false)
    }
    expect(pages).to.have.length(3)
  })

  it('are not believed where anything of them is another, or who signed them', () => {
    for (const { wrong, domain: of, page } of refused)
      expect(areRevocationsOf(parseDomain(of)!, page, roots, nodeCrypto), wrong).to.equal(false)
    expect(refused).to.have.length(6)
  })
})
