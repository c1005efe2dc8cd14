/** Vectors of application content: one of every kind, some that are none, and the plain text of before. */
import { createHash } from 'node:crypto'
import { attachmentOf } from '#src/client/assets/sealed/assetReference.js'
import { encodeCbor } from '#src/client/content/cbor.js'
import { externalToFields } from '#src/client/content/externalPart.js'
import { type Message, readMessage } from '#src/client/content/message.js'
import { bytesOfMessageId, type MessageId } from '#src/client/content/messageId.js'
import { decodeContent } from '#src/client/content/mimiContent.js'
import type { NestedPart } from '#src/client/content/nestedPart.js'
import {
  deletionOf,
  type Draft,
  editOf,
  newMessage,
  reactionTo,
  reportOf,
  sealDraft,
  unreactionOf,
} from '#src/client/content/newContent.js'
import { parseAssetId, parseClientId, parseGroupId, parseUserId } from '#src/mls/wire/ids.js'
import { fromHex, toHex, utf8 } from './hex.js'

const sha256 = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest())

const sender = parseUserId('mimi://example.org/u/AAAAAAAAAAAAAAAAAAAAAA')!
const room = parseGroupId('mimi://example.org/g/AQEBAQEBAQEBAQEBAQEBAQ')!
const from = { user: sender, client: parseClientId('mimi://example.org/d/AgICAgICAgICAgICAgICAg')! }

const seal = (name: string, draft: Draft): Message & { readonly bytes: Uint8Array } => {
  const bytes = sealDraft(draft, { sender, room, salt: sha256(name).slice(0, 16) })
  return { ...readMessage(bytes, { group: room, from, seal: new Uint8Array() }), bytes }
}

const text = seal('text', newMessage('Hello Bob!'))
const markdown = seal('markdown', newMessage({ text: 'It is _done_ ✓', format: 'markdown', language: 'en' }))
const reply = seal('reply', newMessage({ text: 'Hello Alice!', inReplyTo: text }))
const edit = seal('edit', editOf(reply, 'Hello, Alice!'))
const reaction = seal('reaction', reactionTo(text, ['👍'], undefined))
const otherReaction = seal('otherReaction', reactionTo(text, ['❤', '🎉'], reaction))
const attachment = seal(
  'attachment',
  newMessage({
    attachment: {
      contentType: 'image/png',
      url: 'https://example.org/assets/1',
      expires: 1_800_000_000,
      size: 70_000,
      encAlg: 1,
      key: sha256('key').slice(0, 16),
      nonce: sha256('nonce').slice(0, 12),
      hashAlg: 1,
      contentHash: sha256('encrypted picture'),
      description: 'The two of us',
      filename: 'us.png',
    },
  }),
)

/** An asset of ours (docs/wire.md, Assets). */
const file = seal(
  'file',
  newMessage({
    attachment: attachmentOf(
      {
        asset: parseAssetId('mimi://example.org/a/BAQEBAQEBAQEBAQEBAQEBA')!,
        key: sha256('key of an asset'),
        size: 70_000,
        digest: sha256('encrypted picture'),
      },
      { contentType: 'image/png', expires: 1_800_000_000, filename: 'us.png', description: 'The two of us' },
    ),
  }),
)

const kinds = {
  text,
  markdown,
  reply,
  edit,
  editOfEdit: seal('editOfEdit', editOf(edit, 'Hello, dear Alice!')),
  deletion: seal('deletion', deletionOf(reply)),
  reaction,
  otherReaction,
  unreaction: seal('unreaction', unreactionOf(otherReaction)),
  read: seal('read', reportOf('read', [text, reply])),
  delivered: seal('delivered', reportOf('delivered', [text])),
  attachment,
  file,
  data: seal('data', newMessage({ data: Uint8Array.of(1, 2, 3), contentType: 'application/octet-stream' })),
  expiringInTopic: seal(
    'expiringInTopic',
    newMessage({ text: 'for an hour', topic: utf8('Foo 118'), expires: { relative: true, seconds: 3600 } }),
  ),
}

export const contentVectors = () => ({
  description:
    'Application content (docs/wire.md, Application content), of one sender in one group. Byte strings in hex; `fields` are those of the CBOR array, in its order. `invalid`: what is shown as unsupported, with what is wrong. `plain`: what is no content but UTF-8 text, with the SHA-256 of the MLSMessage that it came in.',
  sender,
  room,
  contents: Object.entries(kinds).map(([name, { bytes, id, content, text: shown }]) => ({
    name,
    fields: fieldsOf(bytes),
    bytes: toHex(bytes),
    messageId: hexOf(id),
    type: content.type,
    text: shown,
  })),
  invalid: invalid.map(({ wrong, bytes }) => ({ wrong, bytes: toHex(bytes), messageId: hexOf(idOf(bytes)) })),
  plain: [plainVector('Hello from before'), plainVector('')],
})

const digest = sha256('the MLSMessage')
const idOf = (bytes: Uint8Array): MessageId => readMessage(bytes, { group: room, from, seal: digest }).id

const plainVector = (said: string) => ({
  text: said,
  bytes: toHex(utf8(said)),
  mlsMessageDigest: toHex(digest),
  messageId: hexOf(idOf(utf8(said))),
})

const hexOf = (id: MessageId): string => toHex(bytesOfMessageId(id))

const fieldsOf = (bytes: Uint8Array) => {
  const { salt, replaces, topic, expires, inReplyTo, extensions, body } = decodeContent(bytes)
  return {
    salt: toHex(salt),
    replaces: replaces === undefined ? null : hexOf(replaces),
    topicId: toHex(topic),
    expires: expires === undefined ? null : [expires.relative, expires.seconds],
    inReplyTo: inReplyTo === undefined ? null : hexOf(inReplyTo),
    extensions: Object.fromEntries(extensions),
    body: partOf(body),
  }
}

const dispositions = ['unspecified', 'render', 'reaction', 'profile', 'inline', 'icon', 'attachment']
const partOf = (part: NestedPart): readonly unknown[] => {
  const head = [dispositions.indexOf(part.disposition), part.language]
  switch (part.kind) {
    case 'null':
      return [...head, 0]
    case 'single':
      return [...head, 1, part.contentType, toHex(part.content)]
    case 'external':
      return [...head, 2, ...externalToFields(part.attachment).map(asJson)]
    case 'multi':
      return [...head, 3, 2, part.parts.map(partOf)]
  }
}
const asJson = (value: unknown): unknown => (value instanceof Uint8Array ? toHex(value) : value)

const salt = new Uint8Array(16)
const hello = [1, '', 1, 'text/plain;charset=utf-8', utf8('hello')]
const own = new Map<number, string>([
  [1, sender],
  [2, room],
])
const contentOf = (changes: Record<number, unknown>): Uint8Array =>
  encodeCbor(
    [salt, null, new Uint8Array(), null, null, own, hello].map((field, at) => (at in changes ? changes[at] : field)),
  )
const nested = (depth: number): unknown => (depth === 1 ? hello : [1, '', 3, 0, [nested(depth - 1), hello]])

const invalid = [
  { wrong: 'an array of eight', bytes: encodeCbor([salt, null, new Uint8Array(), null, null, own, hello, 0]) },
  { wrong: 'a salt of 15 bytes', bytes: contentOf({ 0: salt.slice(1) }) },
  { wrong: 'a byte behind it', bytes: Uint8Array.of(...contentOf({}), 0) },
  { wrong: 'its last byte is missing', bytes: contentOf({}).slice(0, -1) },
  { wrong: 'replaces a message of an unknown hash', bytes: contentOf({ 1: new Uint8Array(32).fill(2) }) },
  { wrong: 'another sender than MLS says', bytes: contentOf({ 5: new Map([[1, room]]) }) },
  { wrong: 'another group than MLS says', bytes: contentOf({ 5: new Map([[2, sender]]) }) },
  { wrong: 'an unknown cardinality', bytes: contentOf({ 6: [1, '', 4] }) },
  { wrong: 'unknown part semantics', bytes: contentOf({ 6: [1, '', 3, 3, [hello, hello]] }) },
  { wrong: 'a multipart of one part', bytes: contentOf({ 6: [1, '', 3, 0, [hello]] }) },
  { wrong: 'parts nested five deep', bytes: contentOf({ 6: nested(5) }) },
  { wrong: 'an empty body that replaces nothing', bytes: contentOf({ 6: [1, '', 0] }) },
  { wrong: 'a negative expiration', bytes: contentOf({ 3: [true, -1] }) },
  { wrong: 'a topicId of 4,097 bytes', bytes: contentOf({ 2: new Uint8Array(4097) }) },
  {
    wrong: 'extensions five deep',
    bytes: contentOf({ 5: new Map([[256, [[[['deep']]]]]]) }),
  },
  {
    wrong: 'a salt whose length is not in its shortest form',
    bytes: Uint8Array.of(0x87, 0x58, 0x10, ...contentOf({}).slice(2)),
  },
  { wrong: 'an array of indefinite length', bytes: Uint8Array.of(0x9f, ...contentOf({}).slice(1), 0xff) },
  { wrong: 'extensions of indefinite length', bytes: withExtensions('bf03' + '00ff') },
  { wrong: 'a duplicate key among the extensions', bytes: withExtensions('a20300' + '0300') },
  { wrong: 'extensions out of their order', bytes: withExtensions('a20400' + '0300') },
  { wrong: 'text that is no UTF-8', bytes: withExtensions('a103' + '62c328') },
  { wrong: 'a report that is none', bytes: contentOf({ 6: [0, '', 1, 'application/mimi-message-status', salt] }) },
  { wrong: 'neither a content nor UTF-8', bytes: Uint8Array.of(0xff, 0xfe) },
]

function withExtensions(hex: string): Uint8Array {
  const [before, after] = [contentOf({ 5: new Map() }), fromHex(hex)]
  const at = before.lastIndexOf(0xa0)
  return Uint8Array.of(...before.slice(0, at), ...after, ...before.slice(at + 1))
}
