/** `homeserver takedown`: bytes that nobody can upload or download any more, by their digest. */
import { z } from 'zod'
import { placed } from '../../contract/fields.js'
import { takedownsAnswer } from '../../contract/operators.js'
import type { Config } from '../../compose/settings/config.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { command } from '../command.js'
import { askDoor } from './askDoor.js'
import type { Question } from './askDoor.js'
import { atDoor, doorOptions, findDoor } from './door.js'
import { lineOfTakedown } from './lines.js'
import { pagesOf } from './pagesOf.js'
import { whyIn, whyOption } from './why.js'

const words = { digest: 'the SHA-256 of the stored (encrypted) bytes: base64url as the log has it, or hex' } as const

type Options = { readonly [name: string]: string | undefined }

/** What an act is answered: its place, as JSON or as nothing. */
const act = async (config: Config, options: Options, question: Question): Promise<string> =>
  JSON.stringify(await askDoor(await findDoor(config, options), question, z.object(placed)))

export const takedownCommand = command({
  summary: 'take bytes down: assets that have them end, and no other is taken or given',
  example: 'takedown 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU --why "order 12 of 3 May"',
  ...atDoor,
  words,
  options: { ...whyOption, ...doorOptions },
  run: async ({ config, words: { digest: given }, options, switches, out }) => {
    const digest = digestIn(given)
    const body = { digest, why: whyIn(options) }
    const answer = await act(config, options, { method: 'POST', path: '/takedowns', body })
    out(switches.has('json') ? answer : `taken down ${digest}`)
    return 0
  },
})

export const liftTakedownCommand = command({
  summary: 'let bytes be uploaded again that were taken down',
  example: 'takedown lift 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU --why "order 12 was set aside"',
  ...atDoor,
  words,
  options: { ...whyOption, ...doorOptions },
  run: async ({ config, words: { digest: given }, options, switches, out }) => {
    const digest = digestIn(given)
    const body = { why: whyIn(options) }
    const answer = await act(config, options, { method: 'DELETE', path: `/takedowns/${digest}`, body })
    out(switches.has('json') ? answer : `lifted ${digest}`)
    return 0
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
