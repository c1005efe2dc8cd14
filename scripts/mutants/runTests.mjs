// Runs compiled test files of a copy in a mocha of their own and counts what passed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** `ended` is false when it had to be killed: an edit may well make a loop that never ends. */
export const runTests = async (folder, { tests, only, limitMs, bail = false, testMs }) => {
  const files = tests.map((test) => join('dist', 'checks', test.replace(/\.ts$/, '.js')))
  const options = [...(only === undefined ? [] : ['--grep', only]), ...(bail ? ['--bail'] : []), '--exit']
  if (testMs !== undefined) options.push('--timeout', String(testMs))
  const child = spawn(process.execPath, [join('node_modules', 'mocha', 'bin', 'mocha.js'), ...options, ...files], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const orphaned = () => child.kill('SIGKILL')
  process.on('exit', orphaned)
  let ended = true
  const timer = setTimeout(() => {
    ended = false
    child.kill('SIGKILL')
  }, limitMs)
  const closed = once(child, 'close')
  await once(child, 'exit')
  // A server that a test left behind may hold the pipe open.
  await Promise.race([closed, sleep(2000)])
  clearTimeout(timer)
  process.off('exit', orphaned)
  const [, passed = '0', failed = '0'] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? []
  return { passed: Number(passed), failed: Number(failed), ended, output }
}
