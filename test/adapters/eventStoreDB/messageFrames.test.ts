/** Messages of gRPC in a stream: written together, and taken apart however the stream is cut. */
import { expect } from 'chai'
import { framed, unframed } from '#src/adapters/eventStoreDB/connection/messageFrames.js'
import { seeded } from '../../ports/seeded.js'

const taken = (pieces: readonly Buffer[]): string[] => {
  const messages: string[] = []
  const take = unframed((message) => messages.push(message.toString('hex')))
  for (const piece of pieces) take(piece)
  return messages
}

describe('messages of gRPC in a stream', () => {
  it('stand behind a byte and their length', () => {
    const bytes = framed([Buffer.from('abc'), Buffer.alloc(0), Buffer.from('d')])
    expect(bytes.toString('hex')).to.equal('0000000003616263' + '0000000000' + '000000000164')
  })

  for (const seed of [1, 2, 3, 4, 5])
    it(`come as they were written, wherever the stream is cut (seed ${seed})`, () => {
      const random = seeded(seed)
      const messages = Array.from({ length: 60 }, (_, n) => Buffer.alloc(random.integer(n % 7 === 0 ? 3_000 : 12), n))
      const bytes = framed(messages)
      const pieces: Buffer[] = []
      for (let at = 0; at < bytes.length;) {
        const size = 1 + random.integer(random.pick([1, 4, 200, 5_000]))
        pieces.push(bytes.subarray(at, at + size))
        at += size
      }
      expect(taken(pieces)).to.deep.equal(messages.map((message) => message.toString('hex')))
    })

  it('are handed on as soon as they are whole', () => {
    const bytes = framed([Buffer.from('one'), Buffer.from('two')])
    expect(taken([bytes.subarray(0, 7)])).to.deep.equal([])
    expect(taken([bytes.subarray(0, 7), bytes.subarray(7, 9)])).to.deep.equal([Buffer.from('one').toString('hex')])
  })

  it('are refused where they are compressed, or larger than any may be', () => {
    const compressed = framed([Buffer.from('abc')])
    compressed[0] = 1
    expect(() => taken([compressed])).to.throw(RangeError, 'compressed')
    expect(() => taken([Buffer.from('00ffffffff', 'hex')])).to.throw(RangeError, 'bytes')
  })
})
