/** Contents that somebody makes to break the reader: it never throws, and shows what it cannot read with its bytes. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { encodeCbor } from '#src/client/content/cbor.js'
import { type Message, readMessage } from '#src/client/content/message.js'
import { decodeContent, encodeContent } from '#src/client/content/mimiContent.js'
import { parseMessageId } from '#src/client/content/messageId.js'
import { newTimeline } from '#src/client/content/timeline.js'
import { parseClientId, parseGroupId, parseUserId } from '#src/mls/wire/ids.js'
import { type Seeded, seeded } from '../../ports/seeded.js'

const { contents } = JSON.parse(readFileSync(new URL('./draftExamples.json', import.meta.url), 'utf8')) as {
  readonly contents: readonly { readonly bytes: string }[]
}
const group = parseGroupId('mimi://example.org/g/AQEBAQEBAQEBAQEBAQEBAQ')!
const from = {
  user: parseUserId('mimi://example.org/u/AAAAAAAAAAAAAAAAAAAAAA')!,
  client: parseClientId('mimi://example.org/d/AgICAgICAgICAgICAgICAg')!,
}
const read = (bytes: Uint8Array): Message => readMessage(bytes, { group, from, seal: new Uint8Array() })
const own = new Map<number, string>([
  [1, from.user],
  [2, group],
])
const contentOf = (body: unknown, extensions: Map<unknown, unknown> = own): Uint8Array =>
  encodeCbor([new Uint8Array(16), null, new Uint8Array(), null, null, extensions, body])

/** The examples, as if they had been sent by this sender in this group. */
const ours = contents.map(({ bytes }) =>
  encodeContent({
    ...decodeContent(new Uint8Array(Buffer.from(bytes, 'hex'))),
    extensions: new Map<number, string>([
      [1, from.user],
      [2, group],
    ]),
  }),
)
const joined = (head: readonly number[], count: number, byte: number): Uint8Array =>
  Uint8Array.from({ length: head.length + count }, (_, at) => head[at] ?? byte)

describe('Hostile content', () => {
  it('never throws out of the reader, 5,000 mutations of every kind of content', () => {
    const random = seeded(20_260_302)
    const seen = new Map<string, number>()
    const timeline = newTimeline()
    for (let n = 0; n < 5_000; n++) {
      const bytes = mutate(random.pick(ours), random)
      const message = read(bytes)
      const { content } = message
      seen.set(content.type, (seen.get(content.type) ?? 0) + 1)
      expect(parseMessageId(message.id)).to.equal(message.id)
      expect(message.text).to.be.a('string')
      if (content.type === 'unsupported') expect(content.bytes).to.deep.equal(bytes)
      timeline.add(message)
    }
    expect(timeline.shown().every(({ text }) => typeof text === 'string')).to.equal(true)
    // It was no empty show: some still could be read, most could not.
    expect(seen.get('unsupported')).to.be.within(1_000, 4_500)
    expect([...seen.keys()]).to.include.members(['text', 'edit', 'deletion', 'reaction', 'attachment', 'multipart'])
  })

  it('is refused before it takes memory or stack: deep, wide, and long beyond its bytes', () => {
    const deep = joined([0x87], 200_000, 0x81)
    const wide = contentOf([1, '', 3, 2, Array.from({ length: 30_000 }, () => 0)])
    const manyParts = contentOf([1, '', 3, 2, Array.from({ length: 1_024 }, () => [1, '', 0])])
    const long = Uint8Array.of(0x87, 0x5b, 0x00, 0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
    const longList = Uint8Array.of(0x9b, 0x00, 0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
    const tags = joined([0x87], 200_000, 0xc1)
    for (const [bytes, reason] of [
      [deep, /^nested more than 8 deep/],
      [tags, /^nested more than 8 deep/],
      [wide, /^more than 20000 values/],
      [manyParts, /^more than 1024 parts/],
      [long, /not enough data/],
      [longList, /neither/],
    ] as const) {
      const { content } = read(bytes)
      expect(content.type === 'unsupported' ? content.reason : content.type).to.match(reason)
    }
  })

  it('takes extensions that it does not know, within the bounds of the draft, and no others', () => {
    const text = [1, '', 1, 'text/plain;charset=utf-8', new TextEncoder().encode('hi')]
    const withValue = (key: unknown, value: unknown): string =>
      read(contentOf(text, new Map([[key, value]]))).content.type
    expect(withValue(256, [[Uint8Array.of(0x12, 0x34), 5771]])).to.equal('text')
    expect(withValue('com.example', new Map([['a', 1.5]]))).to.equal('text')
    expect(withValue(-1, null)).to.equal('text')
    expect(withValue(256, [[[[]]]])).to.equal('unsupported')
    expect(withValue('', 1)).to.equal('unsupported')
    expect(withValue('x'.repeat(256), 1)).to.equal('unsupported')
    expect(withValue(1.5, 1)).to.equal('unsupported')
    // 32("http://example.com"): a tag, of which the reader knows nothing.
    const tagged = Buffer.from(contentOf(text, new Map([[256, 'TAG']]))).toString('hex')
    const withTag = Buffer.from(tagged.replace('63544147', 'd82063544147'), 'hex')
    expect(read(withTag).content.type).to.equal('text')
  })

  it('shows parts that it does not know as something readable', () => {
    const fancy = [1, '', 1, 'application/vnd.example', Uint8Array.of(0xff, 1, 2)]
    const text = [1, '', 1, 'text/markdown;variant=GFM-MIMI', new TextEncoder().encode('# Welcome!')]
    const elsewhere = [
      6,
      '',
      2,
      'video/mp4',
      'https://example.com/1',
      0,
      0,
      0,
      ...[0, 0, 0].map(() => new Uint8Array()),
      0,
      new Uint8Array(),
      '',
      'holiday.mp4',
    ]
    const said = (body: unknown): string => read(contentOf(body)).text
    expect(said([1, '', 3, 0, [fancy, text]])).to.equal('# Welcome!')
    expect(said([1, '', 3, 2, [text, elsewhere]])).to.equal('# Welcome!\nholiday.mp4')
    expect(said(fancy)).to.equal('[application/vnd.example, 3 bytes]')
    expect(said([200, '', ...text.slice(2)])).to.equal('# Welcome!')
    expect(read(contentOf([200, ...fancy.slice(1)])).content).to.include({ type: 'data', disposition: 'render' })
    expect(said([2, '', ...text.slice(2)])).to.equal('# Welcome!')
  })
})

/** In a content that is no reply and changes nothing. */
const extensionsEnd = 120

/** Flips, inserts, removes, doubles or cuts, once or twice; mostly behind the extensions, where most is left to be read. */
const mutate = (bytes: Uint8Array, { integer: below }: Seeded): Uint8Array => {
  let mutated = [...bytes]
  const from = below(3) === 0 ? 0 : Math.min(mutated.length - 1, extensionsEnd)
  for (let times = below(2) + 1; times > 0; times--) {
    const at = from + below(Math.max(1, mutated.length - from))
    const kind = below(5)
    if (kind === 0) mutated[at] = below(256)
    else if (kind === 1) mutated.splice(at, 0, below(256))
    else if (kind === 2) mutated.splice(at, 1)
    else if (kind === 3) mutated.splice(at, 0, ...mutated.slice(at, at + below(20)))
    else mutated = mutated.map((byte, index) => (index === at ? byte ^ (1 << below(8)) : byte))
  }
  return Uint8Array.from(below(20) === 0 ? mutated.slice(0, below(mutated.length)) : mutated)
}
