/** A real server process for tests, on a free port and a directory of its own, that can be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './freePort.js'
import { patientLimits } from './patientLimits.js'
import { serverProgram } from './programs.js'
import { hasLeft, listensAt } from './wholeServers.js'

export type RunningServer = {
  readonly url: string
  readonly dataDir: string
  readonly pid: number
  /** kill -9, and the same again: same port, same directory. */
  readonly crash: () => Promise<void>
  readonly restart: () => Promise<void>
  /** SIGTERM; resolves with the exit code. The directory goes with it unless it was given. */
  readonly stop: () => Promise<number | null>
  /** What it wrote to stderr so far. */
  readonly log: () => string
}

export type ServerSettings = { readonly [name: string]: string }

/** `settings` are environment variables (config.ts); rate limits are off unless LIMITS says otherwise, and operators come in at the main port too. */
export const startServer = async (settings: ServerSettings = {}): Promise<RunningServer> => {
  const dataDir = settings['DATA_DIR'] ?? (await mkdtemp(join(tmpdir(), 'homeserver-')))
  let log = ''
  const launch = async (port: string): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
    const LIMITS = patientLimits(settings['LIMITS'])
    const child = spawn(process.execPath, [serverProgram], {
      env: {
        ...process.env,
        LOG_LEVEL: 'warn',
        OPERATOR_ON_MAIN_PORT: 'on',
        ...settings,
        LIMITS,
        PORT: port,
        DATA_DIR: dataDir,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stderr.on('data', (bytes: Buffer) => {
      log += bytes.toString()
    })
    const exited = once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${String(code)} before it was ready:\n${log}`)
    })
    const ready = (async () => {
      for await (const line of createInterface(child.stdout)) {
        const url = /^ready (\S+)$/.exec(line)?.[1]
        if (url !== undefined) return url
      }
      return exited
    })()
    const url = await Promise.race([ready, exited])
    exited.catch(() => undefined)
    child.stdout.resume()
    listensAt(url)
    return { child, url }
  }

  let { child, url } = await launch(settings['PORT'] ?? String(await freePort()))
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
    return child.exitCode
  }
  return {
    get url() {
      return url
    },
    dataDir,
    get pid() {
      return child.pid ?? 0
    },
    crash: async () => {
      await end('SIGKILL')
    },
    restart: async () => {
      // Behind something that others ask, its own port is another one than theirs.
      const port = settings['PUBLIC_URL'] === undefined ? undefined : settings['PORT']
      ;({ child, url } = await launch(port ?? new URL(url).port))
    },
    stop: async () => {
      const code = await end('SIGTERM')
      hasLeft(url)
      if (settings['DATA_DIR'] === undefined) await rm(dataDir, { recursive: true, force: true })
      return code
    },
    log: () => log,
  }
}
