/** One at a time per name, in the order asked, whatever became of those before. */
import { expect } from 'chai'
import { newTurns } from '#src/structures/turns.js'

/** Work that ends when it is told to, and says when it began. */
const work = (began: string[], name: string) => {
  let end!: () => void
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const run = async (): Promise<string> => {
    began.push(name)
    await ended
    return name
  }
  return { run, end }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('turns', () => {
  it('let work of one name wait for what was asked before, and work of another not', async () => {
    const turns = newTurns()
    const began: string[] = []
    const [first, second, other] = ['first', 'second', 'other'].map((name) => work(began, name))
    const all = [turns.take('a', first!.run), turns.take('a', second!.run), turns.take('b', other!.run)] as const
    await soon()
    expect(began).to.deep.equal(['first', 'other'])
    first!.end()
    await soon()
    expect(began).to.deep.equal(['first', 'other', 'second'])
    for (const { end } of [second!, other!]) end()
    expect(await Promise.all(all)).to.deep.equal(['first', 'second', 'other'])
  })

  it('go on after work that failed, and let its caller know', async () => {
    const turns = newTurns()
    const failed = turns.take('a', () => Promise.reject(new Error('no')))
    const next = turns.take('a', () => Promise.resolve('done'))
    expect(
      await failed.then(
        () => undefined,
        (error: unknown) => (error as Error).message,
      ),
    ).to.equal('no')
    expect(await next).to.equal('done')
  })

  it('give work that throws at once its turn too', async () => {
    const turns = newTurns()
    const thrown = turns.take('a', () => {
      throw new Error('at once')
    })
    expect(
      await thrown.then(
        () => undefined,
        (error: unknown) => (error as Error).message,
      ),
    ).to.equal('at once')
  })
})
