/** The chunks of an encrypted file: what was sent comes back, and what was changed on the way is noticed where it was changed. */
import { expect } from 'chai'
import { assetKeysOf } from '#src/client/assets/sealed/assetKeys.js'
import { allChunksOf, chunkBytes, sealedChunkBytes, sealedSizeOf } from '#src/client/assets/sealed/chunks.js'
import { openChunks } from '#src/client/assets/sealed/openChunks.js'
import { sealChunks } from '#src/client/assets/sealed/sealChunks.js'
import { type Seeded, seeded } from '../../ports/seeded.js'

const bytesOf = (random: Seeded, length: number): Uint8Array => Uint8Array.from({ length }, () => random.integer(256))
const keyOf = (seed: number): Uint8Array => bytesOf(seeded(seed), 32)

/** In pieces of any length, as a disk or a connection gives them; some are empty. */
async function* inPieces(bytes: Uint8Array, random: Seeded): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const length = random.integer(random.pick([1, 100, 70_000, 300_000]) + 1)
    yield Promise.resolve(bytes.subarray(at, at + length))
    at += length
  }
}

const read = async (stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}

const seal = async (key: Uint8Array, file: Uint8Array, random: Seeded = seeded(1)): Promise<Uint8Array> =>
  read(sealChunks(await assetKeysOf(key), allChunksOf(file.length), inPieces(file, random)))

/** What was handed out, and how it ended. */
const open = async (key: Uint8Array, size: number, sealed: Uint8Array, random: Seeded = seeded(2)) => {
  const given: Uint8Array[] = []
  try {
    for await (const chunk of openChunks(await assetKeysOf(key), allChunksOf(size), inPieces(sealed, random)))
      given.push(chunk)
  } catch (error) {
    return { given: Buffer.concat(given), ended: (error as Error).name }
  }
  return { given: Buffer.concat(given), ended: 'whole' }
}

const sizes = [0, 1, 2, chunkBytes - 1, chunkBytes, chunkBytes + 1, 2 * chunkBytes, 3 * chunkBytes + 17]

describe('The chunks of an asset', () => {
  it('open to the file that was sealed, of every size around the ends of chunks, however the pieces are cut', async () => {
    const random = seeded(20_261_130)
    for (const size of [...sizes, ...Array.from({ length: 20 }, () => random.integer(5 * chunkBytes))]) {
      const [key, file] = [bytesOf(random, 32), bytesOf(random, size)]
      const sealed = await seal(key, file, random)
      expect(sealed.length, String(size)).to.equal(sealedSizeOf(size))
      const { given, ended } = await open(key, size, sealed, random)
      expect([ended, given.equals(file)], String(size)).to.deep.equal(['whole', true])
    }
  })

  it('are the same bytes each time, and others where the file or the key is another one', async () => {
    const file = bytesOf(seeded(3), 100_000)
    const changed = file.with(99_999, file[99_999]! ^ 1)
    const [once, again, ofOther, underOther] = await Promise.all([
      seal(keyOf(4), file, seeded(5)),
      seal(keyOf(4), file, seeded(6)),
      seal(keyOf(4), changed),
      seal(keyOf(7), file),
    ])
    expect(Buffer.from(once).equals(again)).to.equal(true)
    expect(Buffer.from(once.subarray(0, sealedChunkBytes)).equals(ofOther.subarray(0, sealedChunkBytes))).to.equal(true)
    const nonceOf = (sealed: Uint8Array) => Buffer.from(sealed.subarray(sealedChunkBytes, sealedChunkBytes + 12))
    expect(nonceOf(once).equals(nonceOf(ofOther)), 'a nonce meets one plaintext').to.equal(false)
    const zeros = await seal(keyOf(4), new Uint8Array(3 * chunkBytes))
    const nonces = [0, 1, 2].map((index) => Buffer.from(zeros.subarray(index * sealedChunkBytes).subarray(0, 12)))
    expect(new Set(nonces.map((nonce) => nonce.toString('hex'))).size, 'and one place').to.equal(3)
    expect(Buffer.from(once).equals(underOther)).to.equal(false)
  })

  it('go on from any chunk as they were begun', async () => {
    const [key, file] = [keyOf(8), bytesOf(seeded(9), 3 * chunkBytes + 5)]
    const whole = await seal(key, file)
    for (let from = 0; from < 4; from++) {
      const rest = sealChunks(
        await assetKeysOf(key),
        { ...allChunksOf(file.length), from },
        inPieces(file.subarray(from * chunkBytes), seeded(from)),
      )
      expect(Buffer.from(await read(rest)).equals(whole.subarray(from * sealedChunkBytes))).to.equal(true)
      const opened = openChunks(
        await assetKeysOf(key),
        { size: file.length, from, to: Math.min(4, from + 2) },
        inPieces(whole.subarray(from * sealedChunkBytes, (from + 2) * sealedChunkBytes), seeded(from)),
      )
      const expected = file.subarray(from * chunkBytes, (from + 2) * chunkBytes)
      expect(Buffer.from(await read(opened)).equals(expected)).to.equal(true)
    }
  })

  it('say that a file changed which is longer or shorter than it was', async () => {
    const [keys, file] = [await assetKeysOf(keyOf(10)), bytesOf(seeded(11), chunkBytes + 10)]
    for (const size of [file.length - 1, file.length + 1, 10, 3 * chunkBytes, 0]) {
      const failed = await read(sealChunks(keys, allChunksOf(size), inPieces(file, seeded(12)))).catch(
        (error: unknown) => error,
      )
      expect(failed, String(size)).to.include({ name: 'FileChanged' })
    }
  })

  it('hand out nothing from the first chunk on that was cut, moved, joined, lengthened or changed', async () => {
    const random = seeded(20_261_201)
    const [key, size] = [keyOf(13), 4 * chunkBytes + 99]
    const [file, other] = [bytesOf(random, size), bytesOf(random, size)]
    const [sealed, ofOther] = [await seal(key, file), await seal(key, other)]
    const chunk = (of: Uint8Array, index: number) =>
      of.subarray(index * sealedChunkBytes, (index + 1) * sealedChunkBytes)
    const made: readonly (readonly [string, Uint8Array, number])[] = [
      ['the last chunk is missing', sealed.subarray(0, 4 * sealedChunkBytes), 4],
      ['the last byte is missing', sealed.subarray(0, -1), 4],
      ['nothing is there', new Uint8Array(), 0],
      ['a byte behind it', Buffer.concat([sealed, Uint8Array.of(0)]), 4],
      ['itself behind it', Buffer.concat([sealed, sealed]), 4],
      [
        'two chunks changed places',
        Buffer.concat([chunk(sealed, 0), chunk(sealed, 2), chunk(sealed, 1), sealed.subarray(3 * sealedChunkBytes)]),
        1,
      ],
      [
        'a chunk stands twice',
        Buffer.concat([chunk(sealed, 0), chunk(sealed, 0), sealed.subarray(2 * sealedChunkBytes)]),
        1,
      ],
      ['a chunk is left out', Buffer.concat([chunk(sealed, 0), sealed.subarray(2 * sealedChunkBytes)]), 1],
    ]
    for (const [wrong, bytes, from] of made) await refused(wrong, bytes, from)
    for (let n = 0; n < 60; n++) {
      const at = random.integer(sealed.length)
      await refused(
        `byte ${at} changed`,
        sealed.with(at, sealed[at]! ^ (1 << random.integer(8))),
        Math.floor(at / sealedChunkBytes),
      )
    }
    // The same key for two files is what nobody should do: even then no chunk of one fits into the other but at its own place.
    const mixed = Buffer.concat([chunk(ofOther, 1), sealed.subarray(sealedChunkBytes)])
    await refused('a chunk of another file, of another place', mixed, 0)

    async function refused(wrong: string, bytes: Uint8Array, from: number): Promise<void> {
      const { given, ended } = await open(key, size, bytes, random)
      expect(ended, wrong).to.equal('Damaged')
      expect(given.equals(file.subarray(0, from * chunkBytes)), wrong).to.equal(true)
    }
  })

  it('do not open as a file of another size, or under another key', async () => {
    const [key, file] = [keyOf(14), bytesOf(seeded(15), 2 * chunkBytes)]
    const sealed = await seal(key, file)
    for (const size of [0, 1, chunkBytes, 2 * chunkBytes - 1, 2 * chunkBytes + 1, 3 * chunkBytes])
      expect((await open(key, size, sealed)).ended, String(size)).to.equal('Damaged')
    // Cut where a chunk ends, by whoever says the size, too: the first of two is not the last of one.
    expect(await open(key, chunkBytes, sealed.subarray(0, sealedChunkBytes))).to.deep.equal({
      given: Buffer.alloc(0),
      ended: 'Damaged',
    })
    expect((await open(keyOf(16), file.length, sealed)).ended).to.equal('Damaged')
  })

  it('cost one chunk of memory, and ask for no more of the file than has been taken', async () => {
    let asked = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        asked++
        yield Promise.resolve(new Uint8Array(chunkBytes))
      }
    }
    const sealing = sealChunks(await assetKeysOf(keyOf(17)), allChunksOf(2 ** 40), endless())
    for (let n = 1; n <= 5; n++) {
      await sealing.next()
      expect(asked).to.equal(n)
    }
    await sealing.return(undefined)
  })
})
