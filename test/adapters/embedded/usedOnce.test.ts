/** What counts once, in a file: over restarts, torn tails, and many at a time. */
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { openEmbeddedUsedOnce } from '#src/adapters/embedded/usedOnce.js'
import { temporaryDirectory } from '../temporaryDirectory.js'
import type { TemporaryDirectory } from '../temporaryDirectory.js'

describe('what is used once, embedded', () => {
  let directory: TemporaryDirectory
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => {
    directory.remove()
  })
  const time = { now: 1_000 }
  const open = () => openEmbeddedUsedOnce({ directory: directory.path, now: () => time.now })

  it('is used over restarts, until its time is over', async () => {
    const first = await open()
    expect(await first.use('a', 2_000)).to.equal(true)
    expect(await first.use('a', 2_000)).to.equal(false)
    // No close: a crash.
    const second = await open()
    expect([await second.use('a', 2_000), await second.use('b', 1_500)]).to.deep.equal([false, true])
    time.now = 1_500
    const third = await open()
    expect([await third.use('a', 2_000), await third.use('b', 2_000)]).to.deep.equal([false, true])
    time.now = 1_000
  })

  it('is used once by many who come at once, and a tail that a crash cut short harms nobody', async () => {
    const one = await open()
    const names = Array.from({ length: 100 }, (_, n) => `name ${String(n % 50)}`)
    const firsts = await Promise.all(names.map((name) => one.use(name, 9_000)))
    expect(firsts.filter(Boolean)).to.have.length(50)
    await appendFile(join(directory.path, 'used-once'), '9000 abc')
    const again = await open()
    expect(await Promise.all(names.map((name) => again.use(name, 9_000)))).to.not.include(true)
    expect(await again.use('new', 9_000)).to.equal(true)
    expect(await (await open()).use('new', 9_000)).to.equal(false)
  })

  it('names nobody', async () => {
    const one = await open()
    await one.use('mimi://example.org/d/someone', 5_000)
    expect(await readFile(join(directory.path, 'used-once'), 'utf8')).to.not.contain('someone')
  })
})
