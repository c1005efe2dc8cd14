/** What the operators' door says of the server's keys, and never what is secret of them. */
import { z } from 'zod'
import { rotatedKind } from '../events/server.js'
import { described, named, timeOut } from './fields.js'

const print = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg'
export const keyPrint = described(
  z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  'The fingerprint of the key: a SHA-256, base64url',
  print,
)
export const bundlePrint = described(
  z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  'The fingerprint of a bundle: another with each key that is added',
  '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
)
export const keyFrom = timeOut.describe('When it begins or began to be used, by the server’s clock, ms since 1970')
export const keyUntil = timeOut.describe('When what is of it, or was before it, counts no longer, ms since 1970')

const neverRotated = 'the handle key never rotates: it names the streams of handles and queues'

export const rotatedKindField = named(
  z.enum(rotatedKind.options, {
    error: ({ input }) => (input === 'handle' ? neverRotated : `not one of ${rotatedKind.options.join(', ')}`),
  }),
  {
    title: 'RotatedKey',
    description:
      'What the key is for: signing tokens, sealing queue references, signing certificates, asking push services',
    example: 'token',
  },
)

const keyShown = z
  .object({
    kind: described(
      z.enum(['root', 'handle', 'federation', ...rotatedKind.options]),
      'What it is for; root, handle and federation keys do not rotate as the others do',
      'token',
    ),
    name: described(z.string(), 'What it is called here: its kind, and a number that counts from 1', 'token-2'),
    key: keyPrint,
    created: timeOut.describe('When it was made, by the clock of then, ms since 1970').optional(),
    ageMs: described(z.number().int(), 'How long that is ago, ms', 7_776_000_000).optional(),
    state: described(
      z.enum(['prepared', 'next', 'current', 'accepted', 'retired', 'missing']),
      'prepared: not named yet; next: named, its time has not come; current: used; accepted: what was made by it counts; retired: it does not; missing: this process has not got it',
      'current',
    ),
    from: keyFrom.optional(),
    until: keyUntil.optional(),
  })
  .meta({ title: 'Key', description: 'A key of the server, and nothing secret of it' })
export type KeyShown = z.infer<typeof keyShown>

export const keysAnswer = z.object({
  fingerprint: described(z.string(), 'Of what never changes: it tells the keys of servers apart', print),
  bundle: bundlePrint,
  keys: z.array(keyShown).describe('By kind, the oldest first'),
})
export type KeysShown = z.infer<typeof keysAnswer>

export const rotateBody = {
  kind: rotatedKindField,
  key: keyPrint.describe('The fingerprint of the prepared key that is used from now on'),
  bundle: bundlePrint.describe('The fingerprint of the bundle that has it: what every process must have'),
  atOnce: described(
    z.boolean(),
    'The keys before it are not to be trusted, or are lost: they end when it begins',
    false,
  ).optional(),
}

export const rotatedAnswer = {
  from: keyFrom,
  until: keyUntil.optional(),
}
