/** A server or command in a process of its own, from its start to its exit code. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cliProgram, serverProgram } from '../support/programs.js'

const programs = { main: serverProgram, cli: cliProgram }

export type ServerRun = {
  readonly child: ChildProcess
  readonly out: () => string
  readonly err: () => string
  /** What is said to people: everything on stderr but the log's JSON. */
  readonly complaints: () => readonly string[]
  /** The URL, once it serves. Throws when it ends before. */
  readonly ready: () => Promise<string>
  /** Resolves once what was said satisfies `enough`. */
  readonly said: (enough: (text: string) => boolean) => Promise<void>
  readonly ended: Promise<number | null>
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>
}

export type RunOptions = {
  readonly program?: keyof typeof programs
  readonly args?: readonly string[]
  /** What node is told before the program. */
  readonly node?: readonly string[]
  /** Nobody reads what it says, from the start. */
  readonly unread?: boolean
}

export const runServer = (settings: { readonly [name: string]: string }, options: RunOptions = {}): ServerRun => {
  const { program = 'main', args = [], node = [], unread = false } = options
  const child = spawn(process.execPath, [...node, programs[program], ...args], {
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (unread) for (const stream of [child.stdout, child.stderr]) stream.destroy()
  let [out, err] = ['', '']
  const listeners = new Set<() => void>()
  const heard = (): void => {
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', (bytes: Buffer) => {
    out += bytes.toString()
    heard()
  })
  child.stderr.on('data', (bytes: Buffer) => {
    err += bytes.toString()
    heard()
  })
  let over = false
  const ended = once(child, 'exit').then(([code]) => {
    over = true
    heard()
    return code as number | null
  })
  const said = (enough: (text: string) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (enough(out + err)) resolve()
        else if (over) reject(new Error(`it ended: ${err}`))
        else return
        listeners.delete(look)
      }
      listeners.add(look)
      look()
    })
  return {
    child,
    out: () => out,
    err: () => err,
    complaints: () => err.split('\n').filter((line) => line !== '' && !line.startsWith('{')),
    ready: async () => {
      await said((text) => /^docs /m.test(text))
      return /^ready (\S+)$/m.exec(out)?.[1] ?? ''
    },
    said,
    ended,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
  }
}
