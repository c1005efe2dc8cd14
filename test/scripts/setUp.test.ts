/** Set-up and start of a fresh clone, run as a stranger would: once, again, half done, by two at once, in another's folder. */
import { expect } from 'chai'
import { chmodSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { smallClone, type SmallClone } from './smallClone.js'

const isRoot = process.getuid?.() === 0
const nobody = 65534
const setUp = ['scripts/setup.mjs']
const start = ['scripts/start.mjs', '--port', '0']

describe('set-up', function () {
  // npm and the compiler, several times over, on a machine that may be busy.
  this.timeout(300_000)

  let clone: SmallClone
  const at = (path: string): string => join(clone.folder, path)

  beforeEach(() => {
    clone = smallClone()
  })
  afterEach(() => {
    clone.remove()
  })

  it('installs, compiles and starts the server in one process, saying what it does and how long it took', async () => {
    const { code, out, err } = await clone.run(start)
    expect(err).to.match(/^setup: installing dependencies$/m)
    expect(err).to.match(/^setup: installing dependencies: done in \d+ s$/m)
    expect(err).to.match(/^setup: compiling 1 of 1: the server: done in \d+ s$/m)
    expect(out).to.equal('started with --port,0\n')
    expect(code).to.equal(0)
    expect(existsSync(at('dist/checks/test/one.js')), 'tests compiled to start a server').to.equal(false)
    expect(existsSync(at('.setup.lock')), 'the lock').to.equal(false)
  })

  it('compiles tests too when everything is wanted, and does nothing when nothing changed', async () => {
    const first = await clone.run(setUp)
    expect(first.err).to.include('compiling 2 of 2')
    expect(existsSync(at('dist/checks/test/one.js'))).to.equal(true)
    expect(await clone.run(setUp)).to.deep.equal({ code: 0, out: '', err: '' })
    expect(await clone.run(start)).to.deep.equal({ code: 0, out: 'started with --port,0\n', err: '' })
  })

  it('compiles again when a source changed, and removes what a removed source left', async () => {
    await clone.run(setUp)
    clone.write('src/main.ts', "console.log('changed')\n")
    expect((await clone.run(start)).out).to.equal('changed\n')
    clone.write('test/two.ts', 'export const two = 2\n')
    rmSync(at('test/one.ts'))
    await clone.run(setUp)
    expect(existsSync(at('dist/checks/test/two.js'))).to.equal(true)
    expect(existsSync(at('dist/checks/test/one.js')), 'a test that is gone').to.equal(false)
  })

  it('mends an install that lost a package, and a build that lost a file', async () => {
    await clone.run(setUp)
    rmSync(at('node_modules/typescript'), { recursive: true })
    rmSync(at('dist/main.js'))
    const { out, err } = await clone.run(start)
    expect(err).to.include('installing dependencies: done').and.include('the server: done')
    expect(out).to.equal('started with --port,0\n')
  })

  it('begins again after one that was killed while it installed', async () => {
    await clone.run(setUp)
    writeFileSync(at('package-lock.json'), ' ', { flag: 'a' })
    mkdirSync(at('.setup.lock'))
    writeFileSync(at('.setup.lock/pid'), '999999999')
    rmSync(at('node_modules/typescript'), { recursive: true })
    expect((await clone.run(start)).out).to.equal('started with --port,0\n')
  })

  it('does the work once when two start at the same time', async () => {
    const both = await Promise.all([clone.run(start), clone.run(start)])
    expect(both.map(({ out }) => out)).to.deep.equal(['started with --port,0\n', 'started with --port,0\n'])
    const done = both.flatMap(({ err }) => err.match(/^setup: installing .*: done/gm) ?? [])
    expect(done).to.have.length(1)
  })

  it('takes npm from where it runs, else from beside node, never from a shell', async () => {
    const { code, err } = await clone.run(setUp, { env: { npm_execpath: '/nowhere/npm-cli.js', PATH: '' } })
    expect(err).to.include('installing dependencies: done')
    expect(code).to.equal(0)
  })

  it('ends with one line that says what failed when npm fails, and leaves no lock', async () => {
    clone.write('package.json', '{"name":"small","version":"1.0.0","type":"module","dependencies":{"other":"1.0.0"}}')
    const { code, err } = await clone.run(setUp)
    expect(code).to.equal(1)
    expect(err.trimEnd().split('\n').at(-1)).to.match(/^setup: installing dependencies failed \(1\)/)
    expect(err).to.not.match(/^ +at /m)
    expect(existsSync(at('.setup.lock')), 'the lock').to.equal(false)
  })

  it('fails in one line in a clone of another owner', async () => {
    chmodSync(clone.folder, 0o555)
    const { code, out, err } = await clone.run(start, isRoot ? { uid: nobody } : {})
    chmodSync(clone.folder, 0o755)
    expect({ code, out }).to.deep.equal({ code: 1, out: '' })
    expect(err).to.match(/^setup: cannot write to .*: run as its owner, or clone it anew\n$/)
    expect(err).to.include(isRoot ? `another user (${statSync(clone.folder).uid})` : 'read-only')
  })

  it('fails in one line when an earlier run left folders of another owner', async function () {
    if (!isRoot) return this.skip()
    await clone.run(setUp)
    clone.write('src/main.ts', "console.log('changed')\n")
    chmodSync(clone.folder, 0o777)
    const { code, err } = await clone.run(start, { uid: nobody })
    expect(code).to.equal(1)
    expect(err).to.match(/^setup: cannot write to .*node_modules, which belongs to another user \(0\).*\n$/)
  })

  it('starts what another owner has set up', async function () {
    if (!isRoot) return this.skip()
    await clone.run(setUp)
    chmodSync(clone.folder, 0o755)
    expect(await clone.run(start, { uid: nobody })).to.deep.equal({ code: 0, out: 'started with --port,0\n', err: '' })
  })
})
