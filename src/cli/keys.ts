/** `homeserver keys`: the server's keys, made before the first start, which all processes share, and the keys by which other servers know it. */
import { initKeysHere, newFederationKeyHere, newFrankKeyHere } from '../compose/terminal.js'
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

export const newFederationKeyCommand = command({
  summary: 'make another key for messages to other servers: it signs in two days, once every process was started again',
  example: 'keys federation --keys-dir /etc/homeserver/keys',
  words: {},
  optional: {},
  switches: { 'at-once': 'the keys before it are not to be trusted: they end now, and it signs now' },
  settings: ['DATA_DIR', 'KEYS_DIR'],
  run: async ({ config, switches, out }) => {
    const keys = await newFederationKeyHere(config, switches.has('at-once'))
    for (const { id, notBefore, notAfter } of keys.server.federationKeys)
      out(`${id} from ${new Date(notBefore).toISOString()} to ${new Date(notAfter).toISOString()}`)
    await keys.close()
    return 0
  },
})

export const newFrankKeyCommand = command({
  summary:
    'make another key by which reported messages are known again: it stamps in a day, once every process was started again',
  example: 'keys frank --keys-dir /etc/homeserver/keys',
  words: {},
  optional: {},
  switches: {},
  settings: ['DATA_DIR', 'KEYS_DIR'],
  run: async ({ config, out }) => {
    const keys = await newFrankKeyHere(config)
    for (const { version, notBefore } of keys.server.frankKeys)
      out(`${version} from ${new Date(notBefore).toISOString()}`)
    await keys.close()
    return 0
  },
})
