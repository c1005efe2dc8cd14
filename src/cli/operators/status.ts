/** `homeserver operator status`: how a running server stands. */
import { statusAnswer } from '../../contract/operators.js'
import { command } from '../command.js'
import { askDoor } from './askDoor.js'
import { atDoor, findDoor } from './door.js'
import { linesOfStatus } from './lines.js'

export const statusCommand = command({
  summary: 'say how the running server stands: whether it is ready, and how far its read models are',
  example: 'operator status --url https://chat.example.org --token-file /run/secrets/operator',
  ...atDoor,
  words: {},
  run: async ({ config, options, switches, out }) => {
    const door = await findDoor(config, options)
    const status = await askDoor(door, { method: 'GET', path: '/status' }, statusAnswer)
    for (const line of switches.has('json') ? [JSON.stringify(status)] : linesOfStatus(status)) out(line)
    return 0
  },
})
