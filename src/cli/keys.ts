/** `homeserver keys init`: makes the server's keys before the first start; all processes of a server share them. */
import { initKeysHere } from '../compose/terminal.js'
import { command } from './command.js'

export const initialiseKeys = command({
  summary: 'make the server keys in KEYS_DIR, once, for all processes of a server',
  example: 'keys init --domain chat.example.org --keys-dir /etc/homeserver/keys',
  words: {},
  optional: {},
  switches: {},
  settings: ['DOMAIN', 'DATA_DIR', 'KEYS_DIR'],
  run: async ({ config, out }) => {
    const keys = await initKeysHere(config)
    out(`keys ${config.keysDir}`)
    out(`domain ${keys.server.domain}`)
    out(`fingerprint ${keys.server.fingerprint}`)
    await keys.close()
    return 0
  },
})
