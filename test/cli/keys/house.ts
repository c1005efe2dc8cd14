/** A server whose time moves by hand, with `homeserver` typed beside it, and its bundle in reach. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '#src/cli/runCommand.js'
import { noProgress } from '#src/cli/progress.js'
import { StartupProblem } from '#src/compose/process/startupProblem.js'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import { operator } from '../../faults/house.js'

export type Typed = { readonly code: number; readonly out: string; readonly said: string }

/** In this process: a start of Node for each would say no more. */
export const homeserver = async (
  settings: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Typed> => {
  const [out, said]: [string[], string[]] = [[], []]
  const terminal = {
    env: { ...settings },
    say: (line: string) => void out.push(line),
    note: (line: string) => void said.push(line),
    complain: (line: string) => void said.push(`homeserver: ${line}`),
    progress: noProgress,
  }
  const code = await runCommand(args, terminal).catch((error: unknown) => {
    if (!(error instanceof StartupProblem)) throw error
    said.push(error.message)
    return error.exitCode
  })
  return { code, out: out.join('\n'), said: said.join('\n') }
}

export const openKeysHouse = async (dataDir: string) => {
  const settings = { DATA_DIR: dataDir, DOMAIN: 'example.org', OPERATOR_TOKEN: operator.token }
  const bundleFile = join(dataDir, 'keys', 'server', 'bundle.json')
  let house: ComposedServer = await composeServer(settings)
  return {
    get house() {
      return house
    },
    bundle: (): string => readFileSync(bundleFile, 'utf8'),
    putBack: (text: string) => {
      writeFileSync(bundleFile, text)
    },
    cli: (...args: readonly string[]) => homeserver(settings, ...args),
    /** Another process in its place. */
    restart: async () => {
      await house.close()
      house = await composeServer(settings)
    },
    stop: () => house.close(),
    /** Processes look every five seconds: they have when this one has. */
    looked: async (until: () => Promise<boolean>) => {
      while (!(await until())) {
        house.pass(5_000)
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    ready: async () => {
      const answer = await fetch(`${house.server.url}/readyz`)
      return { status: answer.status, ...((await answer.json()) as { readonly reasons: readonly string[] }) }
    },
  }
}
