/** `npm test` names at its end what failed, in whichever of its processes: the end is all that some logs show. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

const passes = "it('passes', () => undefined)\n"
const fails = "describe('one', () => { it('fails', () => { throw new Error('as it was told') }) })\n"
const failsBefore =
  "describe('another', () => { before(() => { throw new Error('before it') }); it('runs', () => undefined) })\n"

describe('the end of a run in several processes', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shares-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const run = async (files: { readonly [name: string]: string }, ...args: readonly string[]) => {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, `${name}.test.js`), content)
    const env = { ...process.env, TEST_FILES: folder }
    const stdio = ['ignore', 'pipe', 'ignore'] as const
    const child = spawn(process.execPath, ['scripts/test.mjs', ...args], { cwd: root, env, stdio: [...stdio] })
    const [out] = await Promise.all([text(child.stdout), once(child, 'close')])
    return { code: child.exitCode, out, end: out.slice(out.indexOf('\nthe longest of ')) }
  }

  it('counts what passed in all of them', async () => {
    const { code, end } = await run({ a: passes, b: passes, c: passes, d: passes, e: passes })
    expect(end).to.match(/^\nthe longest of 5 files:\n( +\d+\.\d s {2}[a-e]\.test\.js\n){5}5 passed, 0 failed\n$/)
    expect(code).to.equal(0)
  })

  it('has the titles and errors of what failed, before the counts', async () => {
    const { code, end } = await run({ a: passes, b: fails, c: passes, d: failsBefore })
    const failed = end.slice(end.indexOf('what failed:'))
    expect(failed).to.match(/^- one fails {2}\(b\.test\.js\)\n {4}Error: as it was told\n {4} +at /m)
    expect(failed).to.match(/^- another "before all" hook for "runs" {2}\(d\.test\.js\)\n {4}Error: before it\n/m)
    expect(failed).to.match(/\n2 passed, 2 failed\n$/)
    expect(code).to.equal(1)
  })

  it('names the file that cannot be loaded, or ended the process, and the others run', async () => {
    const { code, end } = await run({ a: 'this is no test', b: 'process.exit(0)', c: passes, d: passes, e: passes })
    expect(end).to.match(/^- \S+a\.test\.js is loaded {2}\(a\.test\.js\)\n {4}.*SyntaxError/ms)
    expect(end).to.match(/^- b\.test\.js {2}\(b\.test\.js\)\n {4}the process that ran it ended with 0\n/m)
    expect(end).to.match(/\n3 passed, 2 failed\n$/)
    expect(code).to.equal(1)
  })

  it('names what nobody was left to run', async () => {
    const ends = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, 'process.exit(0)']))
    const { code, end } = await run({ ...ends, d: passes })
    expect(end).to.match(/^- d\.test\.js {2}\(d\.test\.js\)\n {4}no process was left to run it\n/m)
    expect(end).to.match(/\n0 passed, 4 failed\n$/)
    expect(code).to.equal(1)
  })

  it('hands arguments on', async () => {
    const { end } = await run({ a: passes, b: fails }, '--grep', 'passes')
    expect(end).to.match(/\n1 passed, 0 failed\n$/)
  })
})
