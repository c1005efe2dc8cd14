/** What the benchmarks of delivery share: a server process of their own, open queues, and one who sends. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { nodeFlags } from '../../test/support/asStarted.js'
import { openCounter } from './counter.js'
import type { Counter } from './counter.js'
import { messageOf } from './town.js'
import type { Hamlet, Town } from './town.js'

const messageBytes = 1_024
export const domain = 'bench.example'
const main = new URL('../../../main.js', import.meta.url).pathname

export type Server = {
  readonly child: ChildProcess
  readonly host: string
  readonly port: number
  readonly pid: number
}

export const startServer = async (
  directory: string,
  environment: NodeJS.ProcessEnv,
  more: NodeJS.ProcessEnv = {},
): Promise<Server> => {
  const usual = { PORT: '0', DOMAIN: domain, LIMITS: 'off', LOG_LEVEL: 'warn' }
  const env = { ...environment, ...usual, ...more, DATA_DIR: directory }
  const args = (process.env['BENCH_NODE_ARGS'] ?? nodeFlags.join(' ')).split(' ').filter((arg) => arg !== '')
  const child = spawn(process.execPath, [...args, main], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await new Promise<string>((resolve, reject) => {
    let out = ''
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString()
      const ready = /^ready (\S+)$/m.exec(out)?.[1]
      if (ready !== undefined) resolve(ready)
    })
    child.once('exit', (code) => {
      reject(new Error(`the server exited with ${code ?? 'a signal'}`))
    })
  })
  const { hostname, port } = new URL(url)
  return { child, host: hostname, port: Number(port), pid: child.pid ?? 0 }
}

export const stop = async ({ child }: Server): Promise<void> => {
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await exited
}

/** CPU time of the server, ms, all its threads (Linux: 10 ms ticks). */
export const cpuMs = ({ pid }: Server): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

export type Opened = { readonly counter: Counter; readonly empty: Promise<void> }

const open = async (
  server: Server,
  token: string,
  onItem: (payload: Buffer) => void,
  onOther: () => void = () => undefined,
): Promise<Opened> => {
  let seen: () => void = () => undefined
  const empty = new Promise<void>((resolve) => (seen = resolve))
  const counter = await openCounter({
    ...server,
    token,
    onFrame: (kind, payload) => {
      if (kind === 'item') onItem(payload)
      else if (kind === 'queueEmpty') seen()
      else if (kind === 'other') onOther()
    },
  })
  counter.send(Buffer.from('{"type":"open"}'), false)
  return { counter, empty }
}

/** `onOther`: told of frames that are neither items nor the queue's end. */
export const openAll = async (
  server: Server,
  town: Town,
  hamlet: Hamlet,
  onItem: () => void,
  onOther?: () => void,
): Promise<readonly Opened[]> => {
  const opened: Opened[] = []
  for (const queue of hamlet.queues) opened.push(await open(server, town.queueToken(queue), onItem, onOther))
  await Promise.all(opened.map(({ empty }) => empty))
  return opened
}

export type Sender = { readonly send: () => void; readonly close: () => void }

export const openSender = async (
  server: Server,
  town: Town,
  hamlet: Hamlet,
  onAccepted: () => void,
): Promise<Sender> => {
  let sent = 0
  const counter = await openCounter({
    ...server,
    token: town.clientToken(hamlet),
    onFrame: (kind, payload) => {
      if (kind !== 'accepted') throw new Error(payload.toString())
      onAccepted()
    },
  })
  const run = Math.random().toString(36).slice(2)
  return {
    close: () => {
      counter.close()
    },
    send: () => {
      const id = Buffer.from(`${run}${sent++}`)
      counter.send(Buffer.concat([Buffer.from([id.length]), id, messageOf(hamlet, messageBytes)]), true)
    },
  }
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
export const perSecond = (count: number, ms: number): string =>
  `${Math.round((count * 1_000) / ms).toLocaleString('en')} /s`
export const each = (count: number, ms: number): string => `${((ms * 1_000) / count).toFixed(1)} µs`
