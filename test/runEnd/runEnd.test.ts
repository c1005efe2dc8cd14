/** A run ends by itself, whatever its tests leave open. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { eventually } from '../stores/eventually.js'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const mocha = path('../../../../node_modules/mocha/bin/mocha.js')
const options = ['--no-config', '--require', path('../setup.js'), '--reporter', path('../reporter.cjs')]

const run = async (fails: 'yes' | 'no') => {
  const child = spawn(process.execPath, [mocha, ...options, path('./main.js')], {
    env: { ...process.env, RUN_FAILS: fails, TEST_GRACE_MS: '100' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, out, err, left: Number(/^child (\d+)$/m.exec(out)?.[1]) }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a test run', () => {
  for (const [fails, what, last] of [
    ['yes', 'that fails in a before', '0 passed, 1 failed'],
    ['no', 'that passes', '1 passed, 0 failed'],
  ] as const)
    it(`${what} and leaves things open says what, ends them and itself, and has failed`, async () => {
      const { code, out, err, left } = await run(fails)
      expect(code).to.equal(1)
      expect(out.trimEnd().split('\n').at(-1)).to.equal(last)
      expect(err).to.match(/left open \(.*1 Timeout.*\):$/m)
      expect(err).to.match(/^ {2}server at .*"127\.0\.0\.1"/m)
      expect(err).to.match(new RegExp(`^  process ${left}: .*setInterval`, 'm'))
      await eventually('the child is gone', () => !isAlive(left))
    })
})
