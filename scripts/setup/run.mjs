// Runs a step of set-up as a child of this Node, showing all the while what it does, how far it is and for how long.
import { spawn } from 'node:child_process'
import { CannotSetUp, say } from './refuse.mjs'
import { root } from './root.mjs'

/** `howFar` answers with words such as `12 of 80 packages`. What the child writes goes to stderr. */
export const run = async ({ what, args, howFar = () => '' }) => {
  say(what)
  const start = Date.now()
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2], windowsHide: true })
  const orphaned = () => child.kill()
  process.on('exit', orphaned)
  const stop = showProgress(() => progressOf(what, howFar(), start))
  const status = await new Promise((resolve) => {
    child.on('error', (error) => resolve(String(error)))
    child.on('close', (code, signal) => resolve(code ?? signal))
  })
  stop()
  process.off('exit', orphaned)
  if (status !== 0) throw new CannotSetUp(`${what} failed (${status}); run it again when that is mended`)
  say(`${what}: done in ${seconds(start)}`)
}

const seconds = (start) => `${Math.round((Date.now() - start) / 1000)} s`
const progressOf = (what, far, start) => [`${what}: ${far}`.replace(/: $/, ''), seconds(start)].join(', ')

/** One line rewritten on a terminal; elsewhere a line now and then. */
const showProgress = (line) => {
  if (!process.stderr.isTTY) {
    const timer = setInterval(() => say(line()), 5000)
    return () => clearInterval(timer)
  }
  const timer = setInterval(() => process.stderr.write(`\r\x1b[Ksetup: ${line()}`), 250)
  return () => {
    clearInterval(timer)
    process.stderr.write('\r\x1b[K')
  }
}
