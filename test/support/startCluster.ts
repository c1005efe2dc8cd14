/** A homeserver in production's shape, for tests: EventStoreDB's test server, a real mongod, and two processes on them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readReadyFile } from '#src/compose/process/readyFile.js'
import { eventually } from '../stores/eventually.js'
import { type Mongod, startMongod } from '../stores/mongod.js'
import { openBalancer } from './balancer.js'
import { freePort } from './freePort.js'
import { type Kept, keptByStores } from './kept.js'
import { cliProgram } from './programs.js'
import { type RunningServer, type ServerSettings, startServer } from './startServer.js'

/** The log's server, as a process that can be frozen, killed and started again. */
export type LogServer = {
  readonly url: string
  readonly start: () => Promise<void>
  readonly kill: () => Promise<void>
  readonly freeze: () => void
  readonly thaw: () => void
}

export type Cluster = {
  readonly processes: readonly [RunningServer, RunningServer]
  readonly log: LogServer
  /** Where that keeps its records. */
  readonly logFile: string
  readonly mongod: Mongod
  /** What any further process of this cluster is started with. */
  readonly settings: ServerSettings
  readonly stop: () => Promise<void>
}

const checks = join(dirname(fileURLToPath(import.meta.url)), '..')

/**
 * `mongod` is the path of the binary (scripts/mongod.mjs finds or installs it). With a PORT both processes are reached there, one
 * connection at the one and the next at the other, as other servers know one address of each domain.
 */
export const startCluster = async (mongod: string, settings: ServerSettings = {}): Promise<Cluster> => {
  const { PORT: port, ...given } = settings
  const balancer = port === undefined ? undefined : await openBalancer(Number(port))
  const folder = await mkdtemp(join(tmpdir(), 'homeserver-cluster-'))
  const database = await startMongod(mongod)
  const logFile = join(folder, 'events.log')
  const log = await startLogServer(logFile)
  const shared = {
    KEYS_DIR: join(folder, 'keys'),
    EVENTSTORE_URL: log.url,
    MONGODB_URL: database.url,
    INTERNAL_URL: 'http://127.0.0.1:0',
    ...(port === undefined ? {} : { PUBLIC_URL: `http://127.0.0.1:${port}` }),
    ...given,
  }
  await promisify(execFile)(process.execPath, [cliProgram, 'keys', 'init'], { env: { ...process.env, ...shared } })
  const behind = balancer === undefined ? [] : [await freePort(), await freePort()]
  balancer?.leadTo(behind)
  const start = (name: string, own: number | undefined): Promise<RunningServer> =>
    startServer({ ...shared, ...(own === undefined ? {} : { PORT: String(own) }), DATA_DIR: join(folder, name) })
  const one = await start('one', behind[0])
  const two = await start('two', behind[1])
  return {
    processes: [one, two],
    log,
    logFile,
    mongod: database,
    settings: shared,
    stop: async () => {
      await Promise.all([one.stop(), two.stop()])
      await balancer?.close()
      await log.kill()
      await database.remove()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type ClusterAsServer = { readonly server: RunningServer; readonly urls: readonly string[]; readonly kept: Kept }

/** The whole cluster where a test expects one server: both processes crash and come back together. Where it has one address, that is its URL. */
export const startClusterAsServer = async (mongod: string, settings: ServerSettings): Promise<ClusterAsServer> => {
  const { processes, stop, settings: shared, logFile, mongod: database } = await startCluster(mongod, settings)
  const [one, two] = processes
  await haveMet(processes)
  const { PUBLIC_URL: publicUrl } = shared
  const server: RunningServer = {
    url: publicUrl ?? one.url,
    dataDir: one.dataDir,
    pid: one.pid,
    log: () => one.log() + two.log(),
    crash: async () => {
      await Promise.all([one.crash(), two.crash()])
    },
    restart: async () => {
      await Promise.all([one.restart(), two.restart()])
      await haveMet(processes)
    },
    stop: async () => {
      await stop()
      return 0
    },
  }
  const urls = publicUrl === undefined ? [one.url, two.url] : [publicUrl]
  return { server, urls, kept: keptByStores(logFile, database.url) }
}

/** Until each passes signals on to the other: who is connected to the one is told what was taken by the other. */
const haveMet = async (processes: Cluster['processes']): Promise<void> => {
  for (const { dataDir } of processes)
    await eventually('a process knows the other', async () => {
      const ready = await readReadyFile(dataDir)
      const metrics = await fetch(`${ready?.localUrl ?? ''}/metrics`)
      return /^mls_homeserver_other_processes 1$/m.test(await metrics.text())
    })
}

const startLogServer = async (file: string): Promise<LogServer> => {
  const port = await freePort()
  const main = join(checks, 'adapters/eventStoreDB/server/main.js')
  let child: ChildProcess | undefined
  process.once('exit', () => void child?.kill('SIGKILL'))
  const start = async (): Promise<string> => {
    const started = spawn(process.execPath, [main, '--port', String(port), '--file', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = started
    for await (const line of createInterface(started.stdout)) return line
    throw new Error('the log server ended before it listened')
  }
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  return {
    url: await start(),
    start: async () => {
      await start()
    },
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  }
}
