/** `npm run mutants` in a clone of one module: an edit is caught by a test that passes without it, and fails with it. */
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { eventually } from '../stores/eventually.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

const tests = `
import { isEven } from '../../even.js'
let before = 'nothing'
const holds = (is) => { if (!is) throw new Error('it does not hold') }
it('says yes to two', () => { before = 'two'; holds(isEven(2)) })
it('says no to three', () => { holds(!isEven(3)) })
it('comes behind two', () => { holds(before === 'two') })
`
const spins = `
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
it('never ends', () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'])
  writeFileSync('child', String(child.pid))
  for (;;);
})
`
const edit = (replace: string, only?: string, find = '=== 0') => ({
  ...{ file: 'src/even.ts', find, replace, test: 'test/even.test.ts' },
  ...(only === undefined ? {} : { only }),
})

/** What scripts/mutants has, which no compiler knows. */
type Became = readonly { readonly result?: object; readonly inTime: boolean }[]
type Scripts = {
  readonly runTests: (folder: string, asked: object) => Promise<Became>
  readonly patienceOf: (took: object) => { readonly testMs: number; readonly limitMs: number }
}
const script = async (name: string): Promise<Scripts> =>
  (await import(pathToFileURL(join(root, 'scripts', 'mutants', name)).href)) as Scripts

describe('breaking the source in one place after another', () => {
  let folder: string
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mutants-of-'))
    cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    write('package.json', JSON.stringify({ name: 'small', type: 'module' }))
    write('.mocharc.json', JSON.stringify({ reporter: 'dist/checks/test/reporter.cjs', timeout: 300_000 }))
    write('dist/checks/test/reporter.cjs', readFileSync(join(root, 'test', 'reporter.cjs'), 'utf8'))
    write('src/even.ts', 'export const isEven = (n: number): boolean => n % 2 === 0\n')
    write('dist/even.js', 'export const isEven = (n) => n % 2 === 0\n')
    for (const program of ['dist/main.js', 'dist/cli/main.js']) write(program, 'export {}\n')
    write('dist/checks/test/even.test.js', tests)
    write('dist/checks/test/spins.test.js', spins)
    write('test/mutants/good.json', JSON.stringify([edit('=== 1'), edit('>= 0', 'no to')]))
    const bad = [edit('>= 0', 'yes to'), edit('=== 1', 'behind two'), edit('!== 0 ???'), edit('', undefined, '=== 7')]
    write('test/mutants/bad.json', JSON.stringify([...bad, edit('=== 1', 'no such')]))
  })
  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const mutants = async (...wanted: readonly string[]) => {
    const args = [join('scripts', 'mutants.mjs'), ...wanted]
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    const [out] = await Promise.all([text(child.stdout), once(child, 'close')])
    return { code: child.exitCode, out, lines: out.trimEnd().split('\n') }
  }

  it('says of each edit which test noticed it', async () => {
    const { code, lines } = await mutants('good')
    expect(lines.at(-1)).to.equal('2 caught of 2')
    expect(lines.join('\n')).to.match(/^caught {2}src\/even\.ts: === 0 → === 1 {2}\(.* s: says yes to two\)$/m)
    expect(lines.join('\n')).to.match(/^caught {2}src\/even\.ts: === 0 → >= 0 {2}\(.* s: says no to three\)$/m)
    expect(code).to.equal(0)
  })

  it('counts none that survives, cannot be made, or whose test fails or is not there without it', async () => {
    const { code, out, lines } = await mutants('bad')
    expect(lines.at(-1)).to.equal('0 caught of 5')
    expect(out).to.match(/^SURVIVED {2}src\/even\.ts: === 0 → >= 0/m)
    expect(out).to.match(/^without an edit this must pass: test\/even\.test\.ts: behind two\ncomes behind two\n/m)
    expect(out).to.match(/^FAILS WITHOUT THE EDIT {2}src\/even\.ts: === 0 → === 1/m)
    expect(out).to.match(/^DOES NOT COMPILE /m)
    expect(out).to.match(/^FOUND 0 TIMES /m)
    expect(out).to.match(/^without an edit this must pass: test\/even\.test\.ts: no such\nthere is no such test\n/m)
    expect(code).to.equal(1)
  })

  it('takes the name of a source or a test for the edits of it', async () => {
    expect((await mutants('src/even.ts')).lines.at(-1)).to.equal('2 caught of 7')
    expect(await mutants('src/odd.ts')).to.include({ code: 64, out: '' })
  })

  it('ends a test that never does, with all that it started', async () => {
    const { runTests } = await script('runTests.mjs')
    const left = [{ test: 'test/spins.test.ts' }]
    const became = await runTests(folder, { next: () => left.shift(), limitMs: 5_000 })
    expect(became).to.have.length(1)
    expect(became[0]).to.deep.include({ result: undefined, inTime: false })
    if (!existsSync(join(folder, 'child'))) return
    const pid = Number(readFileSync(join(folder, 'child'), 'utf8'))
    await eventually('the end of its child', () => !isRunning(pid))
  })
  const isRunning = (pid: number): boolean => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }

  it('waits in relation to what a test took without an edit, and never for less than ten seconds', async () => {
    const { patienceOf } = await script('judge.mjs')
    expect(patienceOf({ longestMs: 20, allMs: 100 }).testMs).to.equal(10_000)
    expect(patienceOf({ longestMs: 5_000, allMs: 6_000 }).testMs).to.equal(40_000)
    expect(patienceOf({ longestMs: 5_000, allMs: 6_000 }).limitMs).to.be.above(40_000 + 6_000)
  })
})
