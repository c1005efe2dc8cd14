// Start, chat, stop, start again on the same data, chat again: the shortest life of a homeserver, under a given Node.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { root } from '../setup/root.mjs'

const limitMs = 120_000

/** 'passed', or 'FAILED: ' and why. `folder` is the package, which is started the second time. */
export const smoke = async (node, folder) => {
  const data = mkdtempSync(join(tmpdir(), 'homeserver-smoke-'))
  try {
    const first = await live(node, join(root, 'scripts', 'start.mjs'), data, folder)
    if (!/^operator-token /m.test(first)) return 'FAILED: the first start printed no operator token'
    const second = await live(node, join(folder, 'dist', 'main.js'), data, folder)
    if (/^operator-token /m.test(second)) return 'FAILED: the second start did not find the data of the first'
    return 'passed'
  } catch (error) {
    return `FAILED: ${error.message}`
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

/** One life of a server, with a chat in it; what it printed. */
const live = async (node, program, data, folder) => {
  const env = { ...process.env, PORT: '0', DATA_DIR: data, LIMITS: 'off', LOG_LEVEL: 'warn' }
  const server = spawn(node, [program], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  const complaints = text(server.stderr)
  const exited = once(server, 'exit')
  let output = ''
  try {
    for await (const line of createInterface(server.stdout)) {
      output += `${line}\n`
      const url = /^docs (\S+)\/docs$/.exec(line)?.[1]
      if (url === undefined) continue
      await chat(node, join(folder, 'examples', 'chat.mjs'), url)
      server.kill('SIGTERM')
    }
    const [code] = await exited
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${(await complaints).trim().slice(-500)}`)
    return output
  } finally {
    server.kill('SIGKILL')
  }
}

const chat = async (node, example, url) => {
  const child = spawn(node, [example, url], { stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs })
  const [said, complaints] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  if (said !== 'bob reads: Hello Bob!\nalice reads: Hello Alice!\n')
    throw new Error(`chat.mjs said ${JSON.stringify(said)}: ${complaints.trim().slice(-500)}`)
}
