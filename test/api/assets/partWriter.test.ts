/** Parts that are written while the next ones fill: in their order, one at a time, and none lost unheard. */
import { expect } from 'chai'
import { writeParts } from '#src/api/assets/partWriter.js'
import { StorageFull } from '#src/ports/eventStore.js'
import { asset } from '../../commands/people.js'
import { bytesOf } from './receiving.js'

describe('a writer of parts', () => {
  const file = bytesOf(3_500)
  const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  /** A store that ends each write when it is told to. */
  const opened = () => {
    const begun: { readonly start: number; readonly bytes: Uint8Array; readonly end: (error?: Error) => void }[] = []
    let written = 0
    const write = (_asset: unknown, start: number, bytes: Uint8Array): Promise<void> =>
      new Promise((resolve, reject) => {
        const end = (error?: Error): void => {
          if (error === undefined) resolve()
          else reject(error)
        }
        begun.push({ start, bytes, end })
      })
    const parts = writeParts(
      {
        bytes: { write },
        limits: { assetPartBytesMax: 1_000, assetPartsMax: 10 },
        written: (bytes) => {
          written += bytes
        },
      },
      { asset: asset(1), offset: 0, end: 3_500, partsThere: 0 },
    )
    return { parts, begun, written: () => written }
  }

  it('takes the next part while one is written, and no more than that', async () => {
    const { parts, begun, written } = opened()
    await parts.take(file.subarray(0, 1_900))
    expect(begun.map(({ start }) => start)).to.deep.equal([0])
    let isTaken = false
    const taking = parts.take(file.subarray(1_900, 2_100)).then(() => (isTaken = true))
    await soon()
    expect(isTaken).to.equal(false)
    expect(begun).to.have.length(1)
    expect(file.subarray(0, 1_000).equals(begun[0]!.bytes)).to.equal(true)
    expect(written()).to.equal(0)
    begun[0]!.end()
    await taking
    expect(begun.map(({ start }) => start)).to.deep.equal([0, 1_000])
    expect(file.subarray(1_000, 2_000).equals(begun[1]!.bytes)).to.equal(true)
    expect(written()).to.equal(1_000)
  })

  it('is settled once all that was begun is durable, and no earlier', async () => {
    const { parts, begun } = opened()
    await parts.take(file.subarray(0, 1_000))
    let durable = 0
    const settling = parts.settled().then((offset) => (durable = offset))
    await soon()
    expect(durable).to.equal(0)
    begun[0]!.end()
    await settling
    expect(durable).to.equal(1_000)
  })

  it('hears of a write that failed with the next bytes, however few', async () => {
    const { parts, begun } = opened()
    await parts.take(file.subarray(0, 1_000))
    begun[0]!.end(new StorageFull('full'))
    await soon()
    const heard: unknown = await parts.take(file.subarray(1_000, 1_001)).catch((error: unknown) => error)
    expect(heard).to.be.instanceOf(StorageFull)
    expect(await parts.settled().catch((error: unknown) => error)).to.be.instanceOf(StorageFull)
  })
})
