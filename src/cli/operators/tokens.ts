/** `homeserver operators …`: who has a token, in which role, until when; each may be made and ended while the server runs. */
import { tokenAnswer, tokensAnswer } from '../../contract/operators.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { terminalClock } from '../../compose/terminal.js'
import { operatorRole } from '../../events/operatorRole.js'
import { command } from '../command.js'
import { actAtDoor } from './actAtDoor.js'
import { askDoor } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { lineOfToken } from './lines.js'
import { whyIn, whyOption } from './why.js'

const dayMs = 24 * 60 * 60 * 1_000
const name = 'what it is called, in the record too: a-z, 0-9, ".", "_", "-"'

export const addOperatorCommand = command({
  summary: 'make another operator token, and print it this once',
  example: 'operators add backup-2027 audit --days 365 --why "nightly export"',
  ...atDoor,
  words: { name, role: `${operatorRole.options.join(', ')}: each may what those before it may` },
  options: { days: ['DAYS', 'how long it holds (for ever)'], ...whyOption, ...doorOptions },
  run: async ({ config, words: { name: called, role }, options, switches, out }) => {
    const read = operatorRole.safeParse(role)
    if (!read.success) throw new StartupProblem(64, `the role is one of ${operatorRole.options.join(', ')}`)
    const body = { name: called, role: read.data, why: whyIn(options), ...expiryIn(options) }
    const door = await findDoor(config, options)
    const made = await askDoor(door, { method: 'POST', path: '/tokens', body }, tokenAnswer)
    out(switches.has('json') ? JSON.stringify(made) : `operator-token ${made.token ?? ''}`)
    return 0
  },
})

export const operatorsCommand = command({
  summary: 'list the operator tokens: name, role, fingerprint, since when, until when',
  example: 'operators list --json',
  ...atDoor,
  words: {},
  run: async ({ config, options, switches, out }) => {
    const { tokens } = await askDoor(await findDoor(config, options), { method: 'GET', path: '/tokens' }, tokensAnswer)
    for (const token of tokens) out(switches.has('json') ? JSON.stringify(token) : lineOfToken(token))
    return 0
  },
})

export const revokeOperatorCommand = command({
  summary: 'end an operator token, at once and for ever',
  example: 'operators revoke backup-2026 --why "replaced by backup-2027"',
  ...atDoor,
  words: { name },
  options: { ...whyOption, ...doorOptions },
  run: (terminal) => {
    const called = terminal.words.name
    return actAtDoor(terminal, { method: 'DELETE', path: `/tokens/${encodeURIComponent(called)}` }, `revoked ${called}`)
  },
})

/** By this machine's clock; the server says no to one that has passed. Throws StartupProblem. */
export const expiryIn = ({ days }: { readonly [name: string]: string | undefined }): { readonly expires?: number } => {
  if (days === undefined) return {}
  if (!/^[1-9][0-9]{0,4}$/.test(days)) throw new StartupProblem(64, '--days is no whole number from 1 to 99999')
  return { expires: terminalClock.now() + Number(days) * dayMs }
}
