/** What a message says of a file: read back as it was written, and not where it is something else. */
import { expect } from 'chai'
import { type AssetReference, attachmentOf, referenceIn } from '#src/client/assets/sealed/assetReference.js'
import type { Attachment } from '#src/client/content/externalPart.js'
import { readMessage } from '#src/client/content/message.js'
import { newMessage, sealDraft } from '#src/client/content/newContent.js'
import { parseAssetId, parseClientId, parseGroupId, parseUserId } from '#src/mls/wire/ids.js'

const reference: AssetReference = {
  asset: parseAssetId('mimi://example.org/a/BAQEBAQEBAQEBAQEBAQEBA')!,
  key: new Uint8Array(32).fill(1),
  size: 0,
  digest: new Uint8Array(32).fill(2),
}
const group = parseGroupId('mimi://example.org/g/AQEBAQEBAQEBAQEBAQEBAQ')!
const from = {
  user: parseUserId('mimi://example.org/u/AAAAAAAAAAAAAAAAAAAAAA')!,
  client: parseClientId('mimi://example.org/d/AgICAgICAgICAgICAgICAg')!,
}

const sent = (changes: Partial<Attachment> = {}): Attachment => {
  const attachment = { ...attachmentOf(reference, { contentType: 'image/png', filename: 'us.png' }), ...changes }
  const plaintext = sealDraft(newMessage({ attachment }), { sender: from.user, room: group, salt: new Uint8Array(16) })
  const { content } = readMessage(plaintext, { group, from, seal: new Uint8Array() })
  if (content.type !== 'attachment') throw new Error(content.type)
  return content.attachment
}

describe('The part of a message that carries a file', () => {
  it('says all that it takes to fetch, open and check it, of an empty one, too', () => {
    expect(referenceIn(sent())).to.deep.equal(reference)
    expect(sent()).to.include({ contentType: 'image/png', filename: 'us.png', description: '', expires: 0 })
  })

  it('is none of ours where the file is elsewhere, encrypted otherwise, or not as such a part has to be', () => {
    const others: readonly Partial<Attachment>[] = [
      { url: 'https://example.org/assets/1' },
      { url: 'mimi://example.org/u/BAQEBAQEBAQEBAQEBAQEBA' },
      { url: `${reference.asset}/../x` },
      { encAlg: 0 },
      { encAlg: 2 },
      { hashAlg: 0 },
      { key: new Uint8Array(16) },
      { key: new Uint8Array(33) },
      { contentHash: new Uint8Array() },
      { nonce: new Uint8Array(12) },
      { aad: Uint8Array.of(1) },
      { size: Number.MAX_SAFE_INTEGER },
    ]
    for (const other of others) expect(referenceIn(sent(other)), JSON.stringify(other)).to.equal(undefined)
  })
})
