// One life of a homeserver for as long as something is done with it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

export const limitMs = 120_000

/** Starts `program` under `node`, does `work(url)` once it is ready, stops it, and answers what it printed. */
export const serverLife = async (node, program, data, work, timeout = limitMs) => {
  const env = { ...process.env, PORT: '0', DATA_DIR: data, LIMITS: 'off', LOG_LEVEL: 'warn' }
  const server = spawn(node, [program], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
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
      await work(url)
      server.kill('SIGTERM')
    }
    const [code] = await exited
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${(await complaints).trim().slice(-500)}`)
    return output
  } finally {
    server.kill('SIGKILL')
  }
}
