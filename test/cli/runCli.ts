/** `homeserver` in a process of its own, as people run it, with no settings but those that are given. */
import { execFile } from 'node:child_process'
import { cliProgram } from '../support/programs.js'

/** `out` and `said`: stdout and stderr, trimmed. */
export type Ran = { readonly code: number; readonly out: string; readonly said: string }

export const runCli = (args: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], ...settings }
    execFile(process.execPath, [cliProgram, ...args], { env }, (error, out, said) => {
      resolve({ code: error === null ? 0 : Number(error.code), out: out.trim(), said: said.trim() })
    })
  })
