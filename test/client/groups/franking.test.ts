/** What a client makes reportable, and what it does not take for it. */
import { expect } from 'chai'
import { newMessage, sealDraft } from '#src/client/content/newContent.js'
import { frankingOf, isContent, tagged } from '#src/client/groups/franking.js'
import { profileKeyMark } from '#src/client/groups/profiles/profileKey.js'
import { isTagOf } from '#src/events/frank.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { tagIn } from '#src/mls/wire/frankingTag.js'

const salt = new Uint8Array(16).fill(5)
const contentOf = (text: string, by = salt): Uint8Array =>
  sealDraft(newMessage(text), { sender: 'mimi://example.org/u/a', room: 'mimi://example.org/g/g', salt: by })
const frank = toBase64url(new Uint8Array(33).fill(1))
const content = contentOf('hello')

describe('A content', () => {
  it('is tagged so that the homeserver knows it again by content and salt, and not without', () => {
    const tag = tagIn(tagged(content))!
    expect(isTagOf(tag, salt, content)).to.equal(true)
    expect(tagIn(tagged(contentOf('hello', new Uint8Array(16).fill(6))))).not.to.deep.equal(tag)
  })

  it('is reportable where tag and frank are there and the tag fits', () => {
    expect(frankingOf(tagged(content), content, frank)).to.deep.equal({ frank })
  })

  it('is not where one is missing, or the tag is another content’s', () => {
    const none = new Uint8Array()
    expect(frankingOf(none, content, frank)).to.deep.equal({ unreportable: 'noTag' })
    expect(frankingOf(tagged(contentOf('hallo')), content, frank)).to.deep.equal({ unreportable: 'tagDoesNotFit' })
    const plain = new TextEncoder().encode('text of before contents')
    expect(frankingOf(tagged(content), plain, frank)).to.deep.equal({ unreportable: 'tagDoesNotFit' })
    for (const other of [undefined, 7, '', 'AAAA', `${frank}A`, '*'.repeat(44)])
      expect(frankingOf(tagged(content), content, other)).to.deep.equal({ unreportable: 'noFrank' })
    const flipped = tagged(content)
    flipped[flipped.length - 1]! ^= 1
    expect(frankingOf(flipped, content, frank)).to.deep.equal({ unreportable: 'tagDoesNotFit' })
    expect(frankingOf(tagged(content).subarray(1), content, frank)).to.deep.equal({ unreportable: 'noTag' })
  })

  it('is told from messages of the SDK’s own by what stands beside it', () => {
    expect([new Uint8Array(), tagged(content), profileKeyMark].map(isContent)).to.deep.equal([true, true, false])
  })

  it('without a salt is sent as it always was', () => {
    expect(tagged(new TextEncoder().encode('bare text'))).to.deep.equal(new Uint8Array())
  })
})
