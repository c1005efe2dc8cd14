/** How far a command is: for whoever watches a terminal, and for nobody else. */
import { expect } from 'chai'
import { progressOn } from '#src/cli/backup/progress.js'

describe('progress', () => {
  const on = (isTTY: boolean) => {
    const written: string[] = []
    let at = 0
    const stream = { isTTY, columns: 30, write: (text: string | Uint8Array) => written.push(String(text)) > 0 }
    const progress = progressOn(stream, () => at)
    return { progress, written, pass: () => (at += 100) }
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

  it('is not written where nobody watches', () => {
    const { progress, written } = on(false)
    progress.say('one')
    progress.end()
    expect(written).to.deep.equal([])
  })
})
