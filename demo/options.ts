/** How the demo is called: alone it brings its own server; `--server` names running ones, `--kill` which of them dies on the way. */
import { parseArgs } from 'node:util'

export type DemoOptions = {
  /** Base URLs of processes of one homeserver; empty: the demo starts a server of its own. */
  readonly servers: readonly string[]
  /** The process to kill -9 in the middle, where the server is not the demo's own. */
  readonly kill: number | undefined
}

export const usage = 'npm run demo -- [--server URL]… [--kill PID]'

export const readOptions = (args: readonly string[]): DemoOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: { server: { type: 'string', multiple: true }, kill: { type: 'string' } },
  })
  const kill = values.kill === undefined ? undefined : Number(values.kill)
  if (kill !== undefined && !(Number.isSafeInteger(kill) && kill > 1)) throw new TypeError('--kill takes a process id')
  return { servers: values.server ?? [], kill }
}
