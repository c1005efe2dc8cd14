/** `homeserver limits …`: how much of everything the running server lets through. */
import { limitsAnswer } from '../../contract/limits.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Rate } from '../../limits/limits.js'
import { command } from '../command.js'
import { actAtDoor } from './actAtDoor.js'
import { askDoor } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { lineOfLimit } from './lines.js'
import { whyOption } from './why.js'

const path = '/limits'
const nameWord = { NAME: 'a limit or a rate, as `limits list` has it' }

export const limitsCommand = command({
  summary: 'list the limits and rates: name, value, whose word it is (default, environment, operator), what it may be',
  example: 'limits list',
  ...atDoor,
  words: {},
  run: async ({ config, options, switches, out }) => {
    const { limits } = await askDoor(await findDoor(config, options), { method: 'GET', path }, limitsAnswer)
    for (const one of limits) out(switches.has('json') ? JSON.stringify(one) : lineOfLimit(one))
    return 0
  },
})

export const setLimitCommand = command({
  summary: 'set a limit or a rate, at once, in every process, whatever LIMITS says',
  example: 'limits set groupMembersMax 500 --why "the machine is small"',
  ...atDoor,
  words: { ...nameWord, VALUE: 'a number in the unit that the name tells; of a rate BURST,EVERY_MS' },
  options: { ...whyOption, ...doorOptions },
  run: async (terminal) => {
    const { NAME, VALUE } = terminal.words
    const question = { method: 'PUT', path: at(NAME), body: { value: valueIn(VALUE) } } as const
    return actAtDoor(terminal, question, `${NAME} ${VALUE}`)
  },
})

export const resetLimitCommand = command({
  summary: 'reset a limit or a rate to what LIMITS says, else to its default',
  example: 'limits reset groupMembersMax --why "another machine"',
  ...atDoor,
  words: nameWord,
  options: { ...whyOption, ...doorOptions },
  run: (terminal) => {
    const { NAME } = terminal.words
    return actAtDoor(terminal, { method: 'DELETE', path: at(NAME) }, `reset ${NAME}`)
  },
})

const at = (name: string): string => `${path}/${encodeURIComponent(name)}`

const valueIn = (text: string): number | Rate => {
  const parts = /^\d+(?:\.\d+)?(?:,\d+(?:\.\d+)?)?$/.test(text) ? text.split(',').map(Number) : []
  const [first, second] = parts
  if (first === undefined) throw new StartupProblem(64, 'VALUE is a number, or BURST,EVERY_MS of a rate')
  return second === undefined ? first : { burst: first, everyMs: second }
}
