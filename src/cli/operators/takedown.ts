/** `homeserver takedown`: bytes that nobody can upload or download any more, by their digest. */
import { takedownsAnswer } from '../../contract/operators.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { command } from '../command.js'
import { actAtDoor } from './actAtDoor.js'
import { askDoor } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { lineOfTakedown } from './lines.js'
import { pagesOf } from './pagesOf.js'
import { whyOption } from './why.js'

const words = { digest: 'the SHA-256 of the stored (encrypted) bytes: base64url as the log has it, or hex' } as const

export const takedownCommand = command({
  summary: 'take bytes down: assets that have them end, and no other is taken or given',
  example: 'takedown 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU --why "order 12 of 3 May"',
  ...atDoor,
  words,
  options: { ...whyOption, ...doorOptions },
  run: async (terminal) => {
    const digest = digestIn(terminal.words.digest)
    return actAtDoor(terminal, { method: 'POST', path: '/takedowns', body: { digest } }, `taken down ${digest}`)
  },
})

export const liftTakedownCommand = command({
  summary: 'let bytes be uploaded again that were taken down',
  example: 'takedown lift 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU --why "order 12 was set aside"',
  ...atDoor,
  words,
  options: { ...whyOption, ...doorOptions },
  run: async (terminal) => {
    const digest = digestIn(terminal.words.digest)
    return actAtDoor(terminal, { method: 'DELETE', path: `/takedowns/${digest}` }, `lifted ${digest}`)
  },
})

export const takedownsCommand = command({
  summary: 'list what is taken down, newest first: digest, time, act, why',
  example: 'takedown list',
  ...atDoor,
  words: {},
  run: async ({ config, options, switches, out }) => {
    const door = await findDoor(config, options)
    const ask = (page: string) => askDoor(door, { method: 'GET', path: `/takedowns${page}` }, takedownsAnswer)
    for await (const { takedowns } of pagesOf(ask))
      for (const one of takedowns) out(switches.has('json') ? JSON.stringify(one) : lineOfTakedown(one))
    return 0
  },
})

/** As `sha256sum` prints it, or as the log has it. */
const digestIn = (given: string): string => {
  if (/^[0-9a-f]{64}$/i.test(given)) return Buffer.from(given, 'hex').toString('base64url')
  if (/^[A-Za-z0-9_-]{43}$/.test(given)) return given
  throw new StartupProblem(64, 'the digest is not the SHA-256 of bytes, as base64url or hex')
}
