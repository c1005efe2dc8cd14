/** How the demo is called: alone it brings its own servers; `--server` names running ones, `--kill` which of them dies on the way. */
import { parseArgs } from 'node:util'

export type DemoOptions = {
  /** Of one homeserver, or of three that know each other. */
  readonly play: 'afternoon' | 'federation'
  /** Base URLs of processes of one homeserver; empty: the demo starts a server of its own. */
  readonly servers: readonly string[]
  /** The process to kill -9 in the middle, where the server is not the demo's own. */
  readonly kill: number | undefined
}

export const usage = [
  'npm run demo                                    a homeserver; alice, bob and carol chat through it, crashes included',
  'npm run demo -- --server URL [--server URL]… [--kill PID]    the same on one that runs',
  'npm run demo -- federation                      three homeservers, a person at each; one dies, another is cut off',
].join('\n')

/** Undefined: only the usage is asked for. Throws TypeError. */
export const readOptions = (args: readonly string[]): DemoOptions | undefined => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      server: { type: 'string', multiple: true },
      kill: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
  })
  if (values.help === true) return undefined
  const [name, ...more] = positionals
  if (more.length > 0 || (name !== undefined && name !== 'federation'))
    throw new TypeError(`there is no demo “${positionals.join(' ')}”`)
  const { server: servers = [], kill: killed } = values
  if (name === 'federation' && (servers.length > 0 || killed !== undefined))
    throw new TypeError('the demo of federation brings its own servers')
  const kill = killed === undefined ? undefined : Number(killed)
  if (kill !== undefined && !(Number.isSafeInteger(kill) && kill > 1)) throw new TypeError('--kill takes a process id')
  return { play: name ?? 'afternoon', servers, kill }
}
