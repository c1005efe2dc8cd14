/** `homeserver operator acts`, `operators log`: who did what, when and why, the newest first. */
import { actsAnswer } from '../../contract/operators.js'
import type { ActShown } from '../../contract/operators.js'
import { command } from '../command.js'
import type { Command } from '../command.js'
import { askDoor } from './askDoor.js'
import { atDoor, findDoor } from './door.js'
import { lineOfAct, lineOfLog } from './lines.js'
import { pagesOf } from './pagesOf.js'

const listing = (summary: string, example: string, lineOf: (act: ActShown) => string): Command =>
  command({
    summary,
    example,
    ...atDoor,
    words: {},
    run: async ({ config, options, switches, out }) => {
      const door = await findDoor(config, options)
      const ask = (page: string) => askDoor(door, { method: 'GET', path: `/acts${page}` }, actsAnswer)
      for await (const { acts } of pagesOf(ask))
        for (const act of acts) out(switches.has('json') ? JSON.stringify(act) : lineOf(act))
      return 0
    },
  })

export const actsCommand = listing(
  'list what operators did, newest first: number, time, token, what, why',
  'operator acts --json',
  lineOfAct,
)
export const logCommand = listing(
  'tell who did what, newest first, by the names of the tokens: number, time, who, what, why',
  'operators log --json',
  lineOfLog,
)
