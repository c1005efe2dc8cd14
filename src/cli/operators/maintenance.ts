/** `homeserver maintenance …`: whether the running server is only read. */
import { maintenanceAnswer } from '../../contract/limits.js'
import { command } from '../command.js'
import { actAtDoor } from './actAtDoor.js'
import { askDoor } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { lineOfMaintenance } from './lines.js'
import { whyOption } from './why.js'

const path = '/maintenance'

const changing = (maintenance: boolean, summary: string, example: string) =>
  command({
    summary,
    example,
    ...atDoor,
    words: {},
    options: { ...whyOption, ...doorOptions },
    run: (terminal) =>
      actAtDoor(terminal, { method: 'PUT', path, body: { maintenance } }, `maintenance ${maintenance ? 'on' : 'off'}`),
  })

export const beginMaintenance = changing(
  true,
  'let clients and peers only read, at once, in every process, until it is turned off',
  'maintenance on --why "the store moves to another disk"',
)

export const endMaintenance = changing(
  false,
  'let clients and peers write again',
  'maintenance off --why "the store has moved"',
)

export const maintenanceCommand = command({
  summary: 'say whether clients and peers only read now, and since when',
  example: 'maintenance status',
  ...atDoor,
  words: {},
  run: async ({ config, options, switches, out }) => {
    const said = await askDoor(await findDoor(config, options), { method: 'GET', path }, maintenanceAnswer)
    out(switches.has('json') ? JSON.stringify(said) : lineOfMaintenance(said))
    return 0
  },
})
