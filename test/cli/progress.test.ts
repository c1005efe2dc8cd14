/** How far a command is: for whoever watches a terminal, and now and then for whoever reads what is left of it. */
import { expect } from 'chai'
import { progressOn } from '#src/cli/progress.js'

describe('progress', () => {
  const on = (isTTY: boolean, columns = 30) => {
    const written: string[] = []
    let at = 0
    const stream = { isTTY, columns, write: (text: string | Uint8Array) => written.push(String(text)) > 0 }
    const progress = progressOn(stream, () => at)
    return { progress, written, pass: (ms = 100) => (at += ms) }
  }

  it('is one line, written over now and then, cut to the terminal, and taken away at the end', () => {
    const { progress, written, pass } = on(true)
    progress.say('one')
    progress.say('too soon')
    pass()
    progress.say(`two ${'x'.repeat(50)}`)
    progress.end()
    expect(written).to.deep.equal(['\r\u001b[Kone', `\r\u001b[Ktwo ${'x'.repeat(25)}`, '\r\u001b[K'])
  })

  it('is a bar where it is known how much there is, full only when all is done', () => {
    const { progress, written, pass } = on(true, 80)
    for (const done of [0, 999, 1000, 1200]) {
      progress.say('events', { done, of: 1000 })
      pass()
    }
    expect(written).to.deep.equal([
      '\r\u001b[K[--------------------]   0 % events',
      '\r\u001b[K[###################-]  99 % events',
      '\r\u001b[K[####################] 100 % events',
      '\r\u001b[K[####################] 100 % events',
    ])
  })

  it('is nothing where nobody watches and it takes a moment', () => {
    const { progress, written, pass } = on(false)
    progress.say('one')
    pass(9_999)
    progress.say('two')
    progress.end()
    expect(written).to.deep.equal([])
  })

  it('is a plain line every ten seconds where nobody watches and it takes long', () => {
    const { progress, written, pass } = on(false)
    progress.say('one')
    pass(10_000)
    progress.say('two')
    progress.say('three')
    pass(10_000)
    progress.say('four', { done: 1, of: 3 })
    expect(written).to.deep.equal(['two\n', 'four: 33 %\n'])
  })
})
