/** `homeserver keys federation`: the next key by which other servers know this one. It has a time of its own. */
import { newKeyHere } from '../../compose/terminal.js'
import { command } from '../command.js'

export const newFederationKeyCommand = command({
  summary: 'make another key for messages to other servers: it is published at once, and signs in two days',
  example: 'keys federation --keys-dir /etc/homeserver/keys',
  words: {},
  optional: {},
  switches: {
    'at-once': 'the keys before it are not to be trusted: they end now, and it signs now',
    json: 'print JSON, one object a line',
  },
  settings: ['DATA_DIR', 'KEYS_DIR'],
  run: async ({ config, switches, out }) => {
    const keys = await newKeyHere(config, { kind: 'federation', atOnce: switches.has('at-once') })
    for (const { id, notBefore, notAfter } of keys.federationKeys) {
      const [from, until] = [notBefore, notAfter].map((at) => new Date(at).toISOString())
      out(switches.has('json') ? JSON.stringify({ id, notBefore, notAfter }) : `${id} from ${from} to ${until}`)
    }
    return 0
  },
})
