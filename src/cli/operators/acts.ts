/** `homeserver operator acts`: who did what, when and why, the newest first. */
import { actsAnswer } from '../../contract/operators.js'
import { command } from '../command.js'
import { askDoor } from './askDoor.js'
import { atDoor, findDoor } from './door.js'
import { lineOfAct } from './lines.js'
import { pagesOf } from './pagesOf.js'

export const actsCommand = command({
  summary: 'list what operators did, newest first: number, time, token, what, why',
  example: 'operator acts --json',
  ...atDoor,
  words: {},
  run: async ({ config, options, switches, out }) => {
    const door = await findDoor(config, options)
    for await (const { acts } of pagesOf((page) => askDoor(door, { method: 'GET', path: `/acts${page}` }, actsAnswer)))
      for (const act of acts) out(switches.has('json') ? JSON.stringify(act) : lineOfAct(act))
    return 0
  },
})
