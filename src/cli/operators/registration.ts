/** `homeserver registration`: who may register at the running server. */
import { registrationAnswer } from '../../contract/invitations.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { registrationMode } from '../../events/operators.js'
import { command } from '../command.js'
import { actAtDoor } from './actAtDoor.js'
import { askDoor } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { whyOption } from './why.js'

const path = '/registration'

export const registrationCommand = command({
  summary: 'say who may register now: open, closed or invitation',
  example: 'registration show',
  ...atDoor,
  words: {},
  run: async ({ config, options, switches, out }) => {
    const said = await askDoor(await findDoor(config, options), { method: 'GET', path }, registrationAnswer)
    out(switches.has('json') ? JSON.stringify(said) : said.registration)
    return 0
  },
})

export const changeRegistrationCommand = command({
  summary: 'change who may register, at once, in every process',
  example: 'registration set invitation --why "the pilot begins"',
  ...atDoor,
  words: { mode: 'open: anyone; invitation: who was invited; closed: nobody' },
  options: { ...whyOption, ...doorOptions },
  run: async (terminal) => {
    const read = registrationMode.safeParse(terminal.words.mode)
    if (!read.success) throw new StartupProblem(64, `registration is one of ${registrationMode.options.join(', ')}`)
    const question = { method: 'PUT', path, body: { registration: read.data } } as const
    return actAtDoor(terminal, question, `registration ${read.data}`)
  },
})
