/** The end of a file by lines, whatever they and the pieces are like in which it is read. */
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { lastLines } from '#src/cli/backup/lastLines.js'

describe('the last lines of a file', () => {
  let directory: string
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'homeserver-lines-'))
  })
  after(() => {
    rmSync(directory, { recursive: true })
  })

  it('are those of the whole file, at the end of it', async () => {
    const file = join(directory, 'lines')
    const texts = [
      '',
      'ä',
      'one\n',
      'one\ntwo',
      'one\ntwo\nthree\n',
      'ä€\n\nö😀\nlast\n',
      'long '.repeat(50) + '\nend\n',
    ]
    for (const text of texts) {
      writeFileSync(file, text)
      const all = text.split('\n').slice(0, text.endsWith('\n') || text === '' ? -1 : undefined)
      for (const max of [1, 2, 3, 10])
        for (const piece of [1, 2, 3, 7, 1_000])
          expect(await lastLines(file, max, piece), JSON.stringify({ text, max, piece })).to.deep.equal(all.slice(-max))
    }
  })

  it('are read without what is before them', async () => {
    const file = join(directory, 'long')
    writeFileSync(file, '')
    truncateSync(file, 20e9)
    appendFileSync(file, '\none\ntwo\n')
    expect(await lastLines(file, 2)).to.deep.equal(['one', 'two'])
  })
})
