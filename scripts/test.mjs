// `npm test`: all test files, handed out to three mocha processes, since much of a test's time is waiting for a server that
// starts. Whichever is free gets the next file. The first one's report is shown as it comes, the others' behind it, and at the
// end what took longest, what failed, and as the last line `N passed, M failed` of all. Arguments are mocha's
// (`npm test -- --grep words`); `TEST_FILES` names another folder of compiled tests.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { text } from 'node:stream/consumers'
import { root } from './setup/root.mjs'
import { bundlePrograms } from './test/bundle.mjs'
import { failuresOf, longestOf, summaryOf } from './test/summary.mjs'

const folder = resolve(root, process.env.TEST_FILES ?? join('dist', 'checks', 'test'))

/** The rooms whose tests start servers and browsers go first, so that no process is left with a long one at the end. */
const slowRooms = ['simulation', 'scenarios', 'browser', 'cli', 'faults']
const rank = (file) => (slowRooms.indexOf(file.split(sep)[0]) + slowRooms.length + 1) % (slowRooms.length + 1)

const queue = readdirSync(folder, { recursive: true })
  .filter((file) => file.endsWith('.test.js'))
  .sort()
  .sort((a, b) => rank(a) - rank(b))

/** What became of each file: { file, ms, passes, failures, pending, failed: [{ title, error }] }. */
const results = []
const lost = (file, error) =>
  results.push({ file, passes: 0, failures: 1, pending: 0, failed: [{ title: file, error }] })

const programs = process.env.TEST_FILES === undefined ? await bundlePrograms() : {}

const run = async (stdout) => {
  const args = [join('scripts', 'test', 'share.mjs'), ...process.argv.slice(2)]
  const env = { ...process.env, ...programs, TEST_SHARE: 'yes' }
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', stdout, stdout, 'ipc'] })
  let file
  let began
  child.on('message', (result) => {
    if (result !== 'next') return void results.push({ file, ms: performance.now() - began, ...result })
    file = queue.shift()
    began = performance.now()
    child.send(file === undefined ? null : { file: join(folder, file) })
  })
  const printed = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')))
  const [code, signal] = await once(child, 'close')
  // It ends with no file in hand, or amid this one.
  if (file !== undefined) lost(file, `the process that ran it ended with ${signal ?? code}`)
  return { code, printed: await printed }
}

const shares = await Promise.all(['inherit', 'pipe', 'pipe'].map(run))
for (const { printed } of shares) for (const out of printed) process.stdout.write(out)
for (const file of queue) lost(file, 'no process was left to run it')

process.stdout.write(longestOf(results) + failuresOf(results) + summaryOf(results))
process.exitCode = shares.some(({ code }) => code !== 0) || results.some(({ failures }) => failures > 0) ? 1 : 0
