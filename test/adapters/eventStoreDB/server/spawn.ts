/** Starts the test server as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../support/freePort.js'

const main = fileURLToPath(new URL('./main.js', import.meta.url))

export type ServerProcess = {
  readonly process: ChildProcess
  readonly url: string
  readonly port: number
  /** With SIGKILL; resolves once it is gone. */
  kill(): Promise<void>
}

/** Resolves once it listens, where no port is given at a free one. With a file it keeps its log there. */
export const spawnTestServer = async (
  options: { readonly port?: number; readonly file?: string } = {},
): Promise<ServerProcess> => {
  const file = options.file === undefined ? [] : ['--file', options.file]
  const child = spawn(process.execPath, [main, '--port', String(options.port ?? (await freePort())), ...file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string]
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  return { process: child, url, port: Number(/:(\d+)\?/.exec(url)?.[1]), kill }
}
