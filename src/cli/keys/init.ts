/** `homeserver keys init`: the server's keys, made before the first start, which all processes share. */
import { initKeysHere } from '../../compose/terminal.js'
import { command } from '../command.js'

export const initialiseKeys = command({
  summary: 'make the server keys in KEYS_DIR, once, for all processes of a server',
  example: 'keys init --domain chat.example.org --keys-dir /etc/homeserver/keys',
  words: {},
  optional: {},
  switches: { json: 'print JSON on one line' },
  settings: ['DOMAIN', 'DATA_DIR', 'KEYS_DIR'],
  run: async ({ config, switches, out }) => {
    const keys = await initKeysHere(config)
    const { domain, fingerprint, print } = keys.server
    await keys.close()
    const said = { keys: config.keysDir, domain, fingerprint, bundle: print }
    if (switches.has('json')) out(JSON.stringify(said))
    else for (const [name, value] of Object.entries(said)) out(`${name} ${value}`)
    return 0
  },
})
