/** The examples of draft-ietf-mimi-content-08 and draft-mahy-mimi-message-status-01, byte for byte: read, written, and made by us. */
import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { roomUri, senderUri } from '#src/client/content/extensions.js'
import { bytesOfMessageId, type MessageId, messageIdFromBytes, messageIdOf } from '#src/client/content/messageId.js'
import { decodeContent, encodeContent } from '#src/client/content/mimiContent.js'
import {
  deletionOf,
  type Draft,
  editOf,
  newMessage,
  reactionTo,
  sealDraft,
  unreactionOf,
} from '#src/client/content/newContent.js'
import { decodeReport, encodeReport } from '#src/client/content/statusReport.js'

type Example = { readonly name: string; readonly id: string; readonly bytes: string }
const { contents, statusReport } = JSON.parse(
  readFileSync(new URL('./draftExamples.json', import.meta.url), 'utf8'),
) as { readonly contents: readonly Example[]; readonly statusReport: string }

const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const example = (name: string): Example => contents.find((one) => one.name === name)!
const idOf = (name: string): MessageId => messageIdFromBytes(fromHex(example(name).id))!

describe('The examples of the draft', () => {
  for (const { name, id, bytes } of contents)
    it(`are read and written again, under the same id: ${name}`, () => {
      const content = decodeContent(fromHex(bytes))
      expect(toHex(encodeContent(content))).to.equal(bytes)
      const [sender, room] = [senderUri, roomUri].map((key) => String(content.extensions.get(key)))
      const made = messageIdOf(sender!, room!, fromHex(bytes), content.salt)
      expect(toHex(bytesOfMessageId(made))).to.equal(id)
    })

  const original = { id: idOf('original') }
  const reply = { id: idOf('reply'), inReplyTo: original.id }
  const markdown = (text: string) => ({ text, format: 'markdown' }) as const
  const made: { readonly [name: string]: Draft } = {
    original: newMessage(markdown('Hi everyone, we just shipped release 2.0. __Good  work__!')),
    reply: newMessage({ ...markdown("Right on! _Congratulations_ 'all!"), inReplyTo: original }),
    edit: editOf(reply, markdown("Right on! _Congratulations_ y'all!")),
    delete: deletionOf(reply),
    reaction: reactionTo(original, ['❤'], undefined),
    unlike: unreactionOf({ id: idOf('reaction'), inReplyTo: original.id }),
    expiring: newMessage({
      ...markdown("__*VPN GOING DOWN*__ I'm rebooting the VPN in ten minutes unless anyone objects."),
      expires: { relative: false, seconds: 1_644_390_004 },
    }),
    attachment: newMessage({
      language: 'en',
      attachment: {
        contentType: 'video/mp4',
        url: 'https://example.com/storage/8ksB4bSrrRE.mp4',
        size: 708_234_961,
        encAlg: 1,
        key: fromHex('21399320958a6f4c745dde670d95e0d8'),
        nonce: fromHex('c86cf2c33f21527d1dd76f5b'),
        hashAlg: 1,
        contentHash: fromHex('9ab17a8cf0890baaae7ee016c7312fcc080ba46498389458ee44f0276e783163'),
        description: '2 hours of key signing video',
        filename: 'bigfile.mp4',
      },
    }),
    conferencing: newMessage({
      disposition: 'session',
      topic: new TextEncoder().encode('Foo 118'),
      attachment: {
        contentType: '',
        url: 'https://example.com/join/12345',
        description: 'Join the Foo 118 conference',
      },
    }),
  }

  for (const [name, draft] of Object.entries(made))
    it(`are what we make of the same: ${name}`, () => {
      const { bytes } = example(name)
      const { salt, extensions } = decodeContent(fromHex(bytes))
      const [sender, room] = [senderUri, roomUri].map((key) => String(extensions.get(key)))
      expect(toHex(sealDraft(draft, { sender: sender!, room: room!, salt }))).to.equal(bytes)
    })

  it('say how ids are made of names longer than a byte can tell', () => {
    const [sender, room, message] = ['s'.repeat(300), 'r'.repeat(600), Uint8Array.of(1, 2, 3)]
    const input = [Uint8Array.of(1, 44), Buffer.from(sender), Uint8Array.of(2, 88), Buffer.from(room), message, message]
    const hash = createHash('sha256').update(Buffer.concat(input)).digest('hex')
    expect(toHex(bytesOfMessageId(messageIdOf(sender, room, message, message)))).to.equal(`01${hash.slice(0, 62)}`)
  })

  it('have seven fields', () => {
    expect(() => decodeContent(Uint8Array.of(0x81, 0x40))).to.throw('1 fields instead of 7')
  })

  it('of a status report are read and written again', () => {
    const reports = decodeReport(fromHex(statusReport))
    expect(reports.map(({ status }) => status)).to.deep.equal(['read', 'read', 'unread', 'expired'])
    expect(reports.map(({ message }) => message)).to.deep.equal(['original', 'reply', 'mention', 'expiring'].map(idOf))
    expect(toHex(encodeReport(reports))).to.equal(statusReport)
  })
})
