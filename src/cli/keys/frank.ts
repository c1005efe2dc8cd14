/** `homeserver keys frank`: the next key by which reported messages are known again. It has a time of its own. */
import { newKeyHere } from '../../compose/terminal.js'
import { command } from '../command.js'

export const newFrankKeyCommand = command({
  summary: 'make another key by which reported messages are known again: it stamps in a day',
  example: 'keys frank --keys-dir /etc/homeserver/keys',
  words: {},
  optional: {},
  switches: { json: 'print JSON, one object a line' },
  settings: ['DATA_DIR', 'KEYS_DIR'],
  run: async ({ config, switches, out }) => {
    const keys = await newKeyHere(config, { kind: 'frank' })
    for (const { version, notBefore } of keys.frankKeys) {
      const from = new Date(notBefore).toISOString()
      out(switches.has('json') ? JSON.stringify({ version, notBefore }) : `${version} from ${from}`)
    }
    return 0
  },
})
