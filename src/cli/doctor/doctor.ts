/**
 * `homeserver doctor`: asks the server that runs here, and looks at everything that one would open: it says, a line each, what
 * is right and what is not, and what to do about it.
 */
import type { Config } from '../../compose/settings/config.js'
import { s3SettingNames } from '../../compose/settings/s3Settings.js'
import { command } from '../command.js'
import { doorOptions, doorSettings, urlOfServer } from '../operators/door.js'
import { lookAtClocks } from './clocks.js'
import { lookAtDisks } from './disks.js'
import { lookAtFederation } from './federation.js'
import { exitCodeOf, lineOf, toItsEnd } from './finding.js'
import type { Finding, Look } from './finding.js'
import { lookAtPorts, lookAtPublicUrl } from './ports.js'
import { lookAtServer } from './server.js'
import { lookAtStores } from './stores.js'
import { lookAtVersions } from './versions.js'

export const doctor = command({
  summary:
    'say what is wrong, and what to do: the server that runs, clocks, disks, stores, keys, ports, versions, other servers; change nothing that a start would not',
  example: 'doctor --data-dir /var/lib/homeserver',
  words: {},
  optional: {},
  switches: { json: 'print JSON, one object a line' },
  options: doorOptions,
  settings: [
    ...(['DOMAIN', ...doorSettings, 'KEYS_DIR', 'EVENTSTORE_URL', 'MONGODB_URL', ...s3SettingNames] as const),
    ...(['HOST', 'PORT', 'OPERATOR_PORT', 'METRICS_PORT', 'PUBLIC_URL', 'CLOCK_URL'] as const),
    ...(['FEDERATION', 'FEDERATION_PEERS'] as const),
  ],
  run: async ({ config, options, switches, out }) => {
    const findings: Finding[] = []
    for await (const finding of looksAt(config, options)) {
      findings.push(finding)
      out(switches.has('json') ? JSON.stringify(finding) : lineOf(finding))
    }
    return exitCodeOf(findings)
  },
})

type Options = { readonly [name: string]: string | undefined }

/** A server that was named by its URL may run elsewhere: nothing of this machine is its own. */
async function* looksAt(config: Config, options: Options): Look {
  const url = await urlOfServer(config, options)
  if (url !== undefined) {
    yield* toItsEnd(lookAtPublicUrl(config))
    yield* toItsEnd(lookAtServer(url, config, options))
  }
  yield* toItsEnd(lookAtClocks(url, config))
  if (options['url'] !== undefined) return
  yield* toItsEnd(lookAtVersions())
  yield* toItsEnd(lookAtDisks(config))
  yield* toItsEnd(lookAtStores(config, url !== undefined))
  if (url === undefined) yield* toItsEnd(lookAtPorts(config))
  yield* toItsEnd(lookAtFederation(config, url !== undefined))
}
