/** Who may share a read, and who has to wait for the next. */
import { expect } from 'chai'
import { sharedReads } from '#src/structures/sharedReads.js'

/** Shares reads that end when they are told to, with their number; `fail` ends one otherwise. */
const heldReads = () => {
  const share = sharedReads()
  const ends: { readonly answer: () => void; readonly fail: () => void }[] = []
  const read = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const number = ends.length
      ends.push({
        answer: () => {
          resolve(number)
        },
        fail: () => {
          reject(new Error(`read ${number}`))
        },
      })
    })
  return { ask: (name: string) => share(name, read), ends }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('shared reads', () => {
  it('serve whoever comes during a read by one that begins after it', async () => {
    const { ask, ends } = heldReads()
    const asked = [ask('a'), ask('a')]
    await soon()
    expect(ends).to.have.length(1)
    asked.push(ask('a'), ask('a'))
    await soon()
    expect(ends).to.have.length(1)
    ends[0]!.answer()
    await soon()
    expect(ends).to.have.length(2)
    asked.push(ask('a'))
    ends[1]!.answer()
    await soon()
    ends[2]!.answer()
    expect(await Promise.all(asked)).to.deep.equal([0, 0, 1, 1, 2])
  })

  it('do not wait for those of another name, nor for one that is over', async () => {
    const { ask, ends } = heldReads()
    const asked = [ask('a'), ask('b')]
    await soon()
    expect(ends).to.have.length(2)
    for (const { answer } of ends) answer()
    await Promise.all(asked)
    void ask('a')
    await soon()
    expect(ends).to.have.length(3)
  })

  it('begin anew after one that failed', async () => {
    const { ask, ends } = heldReads()
    const failed = ask('a').catch(String)
    await soon()
    const next = ask('a')
    ends[0]!.fail()
    expect(await failed).to.equal('Error: read 0')
    await soon()
    ends[1]!.answer()
    expect(await next).to.equal(1)
  })
})
