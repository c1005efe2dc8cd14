// `npm test`: all test files, shared out to three mocha processes, since much of a test's time is waiting for a server that
// starts. The first one's report is shown as it comes, the others' behind it. The last line is `N passed, M failed` of
// all. Arguments are mocha's (`npm test -- --grep words`).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { root } from './setup/root.mjs'

const tests = join('dist', 'checks', 'test')
const files = readdirSync(join(root, tests), { recursive: true })
  .filter((file) => file.endsWith('.test.js'))
  .sort()
  .map((file) => join(tests, file))

/** Neighbours are alike, also in how long they take: each share has every third one. */
const shares = [0, 1, 2].map((share) => files.filter((_, index) => index % 3 === share))

/** One that ends without its counts has failed, whatever it was. */
const unknown = { passes: 0, failures: 1, pending: 0 }

const run = (share, stdout) => {
  const args = [join('node_modules', 'mocha', 'bin', 'mocha.js'), ...process.argv.slice(2), ...share]
  const env = { ...process.env, TEST_SHARE: 'yes' }
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', stdout, stdout, 'ipc'] })
  const counts = new Promise((resolve) => {
    child.once('message', resolve)
    child.once('close', () => resolve(unknown))
  })
  const printed = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')))
  return { counts, printed, closed: once(child, 'close') }
}

const runs = shares.map((share, index) => run(share, index === 0 ? 'inherit' : 'pipe'))
const closed = await Promise.all(runs.map(({ closed }) => closed))
for (const { printed } of runs) for (const out of await printed) process.stdout.write(out)

const counts = await Promise.all(runs.map(({ counts }) => counts))
const total = (count) => counts.reduce((sum, each) => sum + each[count], 0)
if (total('pending') > 0) process.stdout.write(`${total('pending')} skipped\n`)
process.stdout.write(`${total('passes')} passed, ${total('failures')} failed\n`)
process.exitCode = closed.some(([code]) => code !== 0) ? 1 : 0
