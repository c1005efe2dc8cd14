/** What every store of blobs must do. Servers keep their data between tests, so bytes are random. */
import { expect } from 'chai'
import { createHash, randomBytes } from 'node:crypto'
import type { Blobs, Digest } from '#src/ports/blobs.js'

export type OpenedBlobs = {
  readonly blobs: Blobs
  /** Closes them and opens them again; left out where they do not outlive their store. */
  readonly reopen?: () => Promise<Blobs>
  /** Lets so much time pass on the clock of the store. */
  readonly pass: (ms: number) => Promise<void>
  readonly close: () => Promise<void>
}

export const blobsContract = (name: string, open: () => Promise<OpenedBlobs>): void => {
  describe(`blobs, kept by ${name}`, () => {
    let opened: OpenedBlobs
    let blobs: Blobs
    beforeEach(async () => {
      opened = await open()
      blobs = opened.blobs
    })
    afterEach(async () => {
      await opened.close()
    })
    const fresh = (length = 100): Uint8Array => Uint8Array.from(randomBytes(length))
    const digestOf = (bytes: Uint8Array): Digest => createHash('sha256').update(bytes).digest('base64url')
    const listAll = async (limit: number) => {
      const all: { readonly digest: Digest; readonly stored: number }[] = []
      for (;;) {
        const last = all.at(-1)
        const page = await blobs.list({ limit, ...(last === undefined ? {} : { after: last.digest }) })
        if (page.length === 0) return all
        expect(page.length).to.be.at.most(limit)
        all.push(...page)
      }
    }

    it('are named by the SHA-256 of their bytes, and come back whole', async () => {
      for (const length of [0, 1, 1_000, 300_000, 5_000_000]) {
        const bytes = fresh(length)
        const digest = await blobs.put(bytes)
        expect(digest).to.equal(digestOf(bytes))
        const back = await blobs.get(digest)
        expect(back).to.be.instanceOf(Uint8Array)
        expect(Buffer.compare(back!, bytes)).to.equal(0)
        expect(await blobs.size(digest)).to.equal(length)
      }
    })

    it('are not there before they are put, nor after they are removed', async () => {
      const bytes = fresh()
      const digest = digestOf(bytes)
      const nothing = async () => {
        expect(await blobs.get(digest)).to.equal(undefined)
        expect(await blobs.size(digest)).to.equal(undefined)
        expect(await blobs.getRange(digest, 0, 1)).to.equal(undefined)
      }
      await nothing()
      await blobs.put(bytes)
      await blobs.remove(digest)
      await nothing()
      await blobs.remove(digest)
      await blobs.put(bytes)
      expect(await blobs.get(digest)).to.deep.equal(bytes)
    })

    it('may be put again, at once or later', async () => {
      const bytes = fresh(200_000)
      const digests = await Promise.all(Array.from({ length: 8 }, () => blobs.put(bytes)))
      expect(new Set(digests)).to.deep.equal(new Set([digestOf(bytes)]))
      await blobs.put(bytes)
      expect(Buffer.compare((await blobs.get(digestOf(bytes)))!, bytes)).to.equal(0)
      expect((await listAll(1_000)).filter(({ digest }) => digest === digestOf(bytes))).to.have.length(1)
    })

    it('are read in part, as far as they go', async () => {
      const bytes = fresh(700_000)
      const digest = await blobs.put(bytes)
      for (const [start, length] of [
        [0, 10],
        [1, 1],
        [255_000, 2_000],
        [0, 700_000],
        [699_999, 100],
        [700_000, 5],
        [800_000, 5],
        [5, 0],
      ] as const) {
        const part = await blobs.getRange(digest, start, length)
        expect(Buffer.compare(part!, bytes.subarray(start, start + length)), `${start}+${length}`).to.equal(0)
      }
    })

    it('share no bytes with the caller', async () => {
      const bytes = fresh()
      const kept = bytes.slice()
      const digest = await blobs.put(bytes)
      bytes.fill(0)
      ;(await blobs.get(digest))?.fill(1)
      ;(await blobs.getRange(digest, 0, 50))?.fill(1)
      expect(await blobs.get(digest)).to.deep.equal(kept)
    })

    it('are listed in the order of their digests, page by page, each once', async () => {
      const put = await Promise.all(Array.from({ length: 30 }, () => blobs.put(fresh())))
      const digests = (await listAll(7)).map(({ digest }) => digest)
      expect(digests).to.include.members(put)
      expect(digests).to.deep.equal([...new Set(digests)].sort())
    })

    it('say when they were last put', async () => {
      const bytes = fresh()
      const digest = await blobs.put(bytes)
      const stored = async () => (await listAll(1_000)).find((each) => each.digest === digest)!.stored
      const first = await stored()
      await opened.pass(50)
      expect(await stored()).to.equal(first)
      await blobs.put(bytes)
      expect(await stored()).to.be.greaterThan(first)
    })

    it('are not found under what is no digest', async () => {
      const hostile = [
        '',
        '..',
        '../../../etc/passwd',
        '/etc/passwd',
        'a/b',
        '\u0000',
        '%2e%2e',
        '__proto__',
        'x'.repeat(44),
      ]
      for (const digest of [...hostile, `../${'a'.repeat(40)}`, `${'a'.repeat(42)}\n`]) {
        expect(await blobs.get(digest), digest).to.equal(undefined)
        expect(await blobs.getRange(digest, 0, 10), digest).to.equal(undefined)
        expect(await blobs.size(digest), digest).to.equal(undefined)
        await blobs.remove(digest)
      }
    })

    it('outlive the process', async function () {
      if (opened.reopen === undefined) return this.skip()
      const bytes = fresh()
      const digest = await blobs.put(bytes)
      blobs = await opened.reopen()
      expect(await blobs.get(digest)).to.deep.equal(bytes)
    })
  })
}
