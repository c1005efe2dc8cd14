/** `homeserver keys init`: makes the server's keys before the first start; all processes of a server share them. */
import { initKeysHere } from '../compose/terminal.js'
import type { Command } from './command.js'

export const initialiseKeys: Command = {
  usage: 'keys init',
  summary: 'make the server keys in KEYS_DIR, once, for all processes of a server',
  run: async ({ config, out }) => {
    const keys = await initKeysHere(config)
    out(`keys ${config.keysDir}`)
    out(`domain ${keys.server.domain}`)
    out(`fingerprint ${keys.server.fingerprint}`)
    await keys.close()
    return 0
  },
}
