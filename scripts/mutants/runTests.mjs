// Runs compiled tests of a copy in a process of their own (scripts/test/share.mjs), and tells what became of each.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** How to end those that run: nobody else does when this process ends. */
const running = new Set()
process.on('exit', () => running.forEach((end) => end()))

/**
 * `next` says what to run, { test, only? }, or undefined when there is nothing more; `options` are mocha's. Answers
 * { asked, result, inTime, allMs } of each: `result` as the reporter tells it, undefined where the process ended, or was ended
 * `limitMs` after it was asked, and is not `inTime` then. An edit may well make a loop that never ends.
 */
export const runTests = async (folder, { next, limitMs, options = [], env = {} }) => {
  const child = spawn(process.execPath, [join('scripts', 'test', 'share.mjs'), ...options], {
    cwd: folder,
    env: { ...process.env, ...env, TEST_SHARE: 'yes' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // A group, to be ended as one: a server that an edit makes spin would take a processor from all that comes after.
    detached: true,
  })
  const end = () => endGroup(child.pid)
  running.add(end)
  const became = []
  let asked
  let began
  let timer
  const tell = (inTime, result) => became.push({ asked, result, inTime, allMs: performance.now() - began })
  child.on('message', (message) => {
    if (message !== 'next') return void tell(true, message)
    clearTimeout(timer)
    asked = next()
    began = performance.now()
    if (asked === undefined) return end()
    const file = join('dist', 'checks', asked.test.replace(/\.ts$/, '.js'))
    child.send({ file: join(folder, file), only: asked.only })
    timer = setTimeout(() => {
      tell(false)
      end()
    }, limitMs)
  })
  await once(child, 'exit')
  clearTimeout(timer)
  end()
  running.delete(end)
  if (asked !== undefined && became.at(-1)?.asked !== asked) tell(true)
  return became
}

const endGroup = (pid) => {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}
