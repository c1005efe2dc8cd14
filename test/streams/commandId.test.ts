/** Ids that were given once must be given again for ever: a retry is known by nothing else. */
import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { commandId, derivedId, eventId } from '#src/streams/commandId.js'

/** RFC 9562 §5.5, as it is written there. */
const uuidV5 = (name: string): string => {
  const hash = createHash('sha1').update(Buffer.from('6f1d0c1e5b7e4b0a9c3a7d2b8e4f6a90', 'hex')).update(name).digest()
  const bytes = hash.subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

describe('ids that repeat', () => {
  it('are those of every version before', () => {
    expect(commandId('mimi://a.example/d/x', 'k')).to.equal('c9450a33-e489-550c-a6ea-9a6650a20aac')
    expect(commandId('ä😀'.repeat(300), 'k'.repeat(900))).to.equal('2044477d-879b-57f7-aab6-1723974c052c')
    expect(eventId('c', 3)).to.equal('97ff6240-b601-55ce-b4b6-41b1ed513f8f')
  })

  it('are UUIDs of version 5, of names of any length, one after another', () => {
    for (let length = 0; length < 2_200; length += 7) {
      const text = (length % 2 === 0 ? 'x' : 'é').repeat(length)
      expect(derivedId(text, 's', 't'), String(length)).to.equal(uuidV5(`derived\n${text}\ns\nt`))
      expect(eventId('c', length)).to.equal(uuidV5(`event\nc\n${length}`))
    }
  })
})
