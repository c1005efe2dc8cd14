/** docs/vectors/content.json and the section of docs/wire.md: made again they are the same, and read they say what they say. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { readMessage } from '#src/client/content/message.js'
import { bytesOfMessageId } from '#src/client/content/messageId.js'
import { parseClientId, parseGroupId, parseUserId } from '#src/mls/wire/ids.js'
import { contentVectors } from './vectors/content.js'
import { fromHex, toHex } from './vectors/hex.js'

const docs = new URL('../../../../docs/', import.meta.url)
const vectors = JSON.parse(readFileSync(new URL('vectors/content.json', docs), 'utf8')) as ReturnType<
  typeof contentVectors
>
const page = readFileSync(new URL('wire.md', docs), 'utf8')

const group = parseGroupId(vectors.room)!
const from = {
  user: parseUserId(vectors.sender)!,
  client: parseClientId('mimi://example.org/d/AwMDAwMDAwMDAwMDAwMDAw')!,
}
const read = (hex: string, seal = '') => readMessage(fromHex(hex), { group, from, seal: fromHex(seal) })

describe('The vectors of content', () => {
  it('come out the same when they are made again', () => {
    expect(JSON.parse(JSON.stringify(contentVectors()))).to.deep.equal(vectors)
  })

  for (const { name, bytes, messageId, type, text } of vectors.contents)
    it(`are read: ${name}`, () => {
      const message = read(bytes)
      expect(message.content.type).to.equal(type)
      expect(message.text).to.equal(text)
      expect(toHex(bytesOfMessageId(message.id))).to.equal(messageId)
    })

  for (const { wrong, bytes } of vectors.invalid)
    it(`are unsupported, with their bytes: ${wrong}`, () => {
      const { content } = read(bytes)
      expect(content).to.deep.include({ type: 'unsupported', bytes: fromHex(bytes) })
    })

  it('have plain text of before, with an id that is made of the MLSMessage', () => {
    for (const { text, bytes, mlsMessageDigest, messageId } of vectors.plain) {
      const message = read(bytes, mlsMessageDigest)
      expect(message).to.deep.include({ text, replaces: undefined, inReplyTo: undefined })
      expect(message.content).to.deep.include({ type: 'text', contentType: 'text/plain;charset=utf-8' })
      expect(toHex(bytesOfMessageId(message.id))).to.equal(messageId)
    }
  })

  it('stand on the page as they are in the file', () => {
    const examples = [...page.matchAll(/^\| `(\w+)` \| `([0-9a-f]+)` \| `([0-9a-f]{64})` \|$/gm)]
    expect(examples.length).to.be.greaterThan(2)
    for (const [, name, bytes, messageId] of examples)
      expect(vectors.contents.find((one) => one.name === name)).to.deep.include({ bytes, messageId })
  })
})
