/** What every store of snapshots must do. */
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import type { Snapshot, Snapshots } from '#src/ports/snapshots.js'

export type OpenedSnapshots = {
  readonly snapshots: Snapshots
  /** Closes them and opens them again for the same log; left out where they do not outlive their store. */
  readonly reopen?: () => Promise<Snapshots>
  readonly close: () => Promise<void>
}

export const snapshotsContract = (name: string, open: () => Promise<OpenedSnapshots>): void => {
  describe(`snapshots, kept by ${name}`, () => {
    let opened: OpenedSnapshots
    let snapshots: Snapshots
    let stream: string
    beforeEach(async () => {
      opened = await open()
      snapshots = opened.snapshots
      stream = `group-${randomUUID()}`
    })
    afterEach(async () => {
      await opened.close()
    })
    const snapshot = (revision: number, version = 1, of = stream): Snapshot => ({
      stream: of,
      revision,
      version,
      bytes: Uint8Array.of(revision & 255, version, 0, 255),
    })

    it('are none at first', async () => {
      expect(await snapshots.latest(stream, 1)).to.equal(undefined)
    })

    it('are found newest first, at or below a revision, whatever the order they came in', async () => {
      for (const revision of [64, 1_000, 0, 128]) await snapshots.save(snapshot(revision))
      expect(await snapshots.latest(stream, 1)).to.deep.equal(snapshot(1_000))
      expect(await snapshots.latest(stream, 1, 999)).to.deep.equal(snapshot(128))
      expect(await snapshots.latest(stream, 1, 128)).to.deep.equal(snapshot(128))
      expect(await snapshots.latest(stream, 1, 127)).to.deep.equal(snapshot(64))
      expect(await snapshots.latest(stream, 1, 0)).to.deep.equal(snapshot(0))
    })

    it('of another version or stream are not taken', async () => {
      await snapshots.save(snapshot(64, 2))
      await snapshots.save(snapshot(32, 1))
      await snapshots.save(snapshot(99, 1, `${stream}0`))
      expect(await snapshots.latest(stream, 1)).to.deep.equal(snapshot(32, 1))
      expect(await snapshots.latest(stream, 2)).to.deep.equal(snapshot(64, 2))
      expect(await snapshots.latest(stream, 3)).to.equal(undefined)
      expect(await snapshots.latest(stream, 2, 63)).to.equal(undefined)
    })

    it('may be saved again', async () => {
      await snapshots.save(snapshot(64))
      await snapshots.save({ ...snapshot(64), bytes: Uint8Array.of(7) })
      expect((await snapshots.latest(stream, 1))?.bytes).to.deep.equal(Uint8Array.of(7))
    })

    it('share no bytes with the caller', async () => {
      const bytes = Uint8Array.of(1, 2, 3)
      await snapshots.save({ ...snapshot(1), bytes })
      bytes.fill(9)
      const first = await snapshots.latest(stream, 1)
      expect(first?.bytes).to.deep.equal(Uint8Array.of(1, 2, 3))
      first?.bytes.fill(8)
      expect((await snapshots.latest(stream, 1))?.bytes).to.deep.equal(Uint8Array.of(1, 2, 3))
    })

    it('may be empty, or as large as the largest tree', async () => {
      const large = Uint8Array.from({ length: 1_100_000 }, (_, n) => n & 255)
      await snapshots.save({ ...snapshot(1), bytes: new Uint8Array() })
      expect((await snapshots.latest(stream, 1))?.bytes).to.have.length(0)
      await snapshots.save({ ...snapshot(2), bytes: large })
      expect(Buffer.compare((await snapshots.latest(stream, 1))!.bytes, large)).to.equal(0)
    })

    it('of a stream are all forgotten at once, and no others', async () => {
      const other = `group-${randomUUID()}`
      await snapshots.save(snapshot(1))
      await snapshots.save(snapshot(2, 2))
      await snapshots.save(snapshot(3, 1, other))
      await snapshots.remove(stream)
      await snapshots.remove(stream)
      expect(await snapshots.latest(stream, 1)).to.equal(undefined)
      expect(await snapshots.latest(stream, 2)).to.equal(undefined)
      expect(await snapshots.latest(other, 1)).to.deep.equal(snapshot(3, 1, other))
    })

    it('outlive the process', async function () {
      if (opened.reopen === undefined) return this.skip()
      await snapshots.save(snapshot(64))
      snapshots = await opened.reopen()
      expect(await snapshots.latest(stream, 1)).to.deep.equal(snapshot(64))
    })
  })
}
