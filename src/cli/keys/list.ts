/** `homeserver keys list`: each key by its name, fingerprint, age, and whether it is used; nothing that is secret. */
import { command } from '../command.js'
import { doorOptions, doorSettings } from '../operators/door.js'
import { askingKeys } from './asking.js'
import { linesOfKeys } from './lines.js'

export const listKeys = command({
  summary: 'list the server keys: name, fingerprint, age, and which are used, prepared, accepted, retired or missing',
  example: 'keys list --data-dir /var/lib/homeserver --token-file /run/secrets/operator',
  words: {},
  optional: {},
  switches: { json: 'print JSON on one line' },
  options: doorOptions,
  settings: [...doorSettings, 'KEYS_DIR', 'EVENTSTORE_URL', 'STORE_WAIT_S'],
  run: async ({ config, options, switches, out }) => {
    const shown = await askingKeys(config, options, ({ list }) => list())
    for (const line of switches.has('json') ? [JSON.stringify(shown)] : linesOfKeys(shown)) out(line)
    return shown.keys.some(({ state }) => state === 'missing') ? 1 : 0
  },
})
