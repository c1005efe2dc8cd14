// Programs of others, run to their end without a word to anybody about it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

const limitMs = 300_000
const quiet = { NO_UPDATE_NOTIFIER: '1', DO_NOT_TRACK: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1', NO_COLOR: '1' }

/** What it said on both streams; throws where it ended with something else than 0. */
export const outputOf = async (program, args, { cwd, env } = {}) => {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...quiet, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
  })
  const ended = once(child, 'close')
  const [said, complaints, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const output = `${said}${complaints}`.trim()
  if (code !== 0) throw new Error(`${program} ${args[0] ?? ''} ended with ${code ?? signal}: ${output.slice(-1_500)}`)
  return output
}
