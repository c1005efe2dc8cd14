/** A request's body, read whole within its limit and parsed to the last byte. */
import { setImmediate } from 'node:timers/promises'
import { malformed } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'
import { beyondBounds } from './jsonBounds.js'
import type { JsonBounds } from './jsonBounds.js'
import { piecesOf } from './pieces.js'

export type Media = 'json' | 'mls' | 'form' | 'none' | 'other'

export const mediaOf = (contentType: string | undefined): Media => {
  switch (contentType?.split(';')[0]?.trim().toLowerCase()) {
    case undefined:
    case '':
      return 'none'
    case 'application/json':
      return 'json'
    case 'message/mls':
      return 'mls'
    case 'application/x-www-form-urlencoded':
      return 'form'
    default:
      return 'other'
  }
}

type What = 'body' | 'frame'

/** Counted, before anything is made of it. `what` it is, as the client is told. */
export const refuseBeyond = (bytes: Uint8Array, bounds: JsonBounds, what: What): Rejected | undefined => {
  const beyond = beyondBounds(bytes, bounds)
  return beyond === undefined ? undefined : malformed(`the ${what} is ${beyond}`)
}

/** Parses JSON that was counted, is UTF-8 without a byte order mark (RFC 8259 §8.1), and defines no `__proto__`. */
export const parseJson = (bytes: Uint8Array, what: What): { readonly value: unknown } | Rejected => {
  const text = textOf(strictUtf8(), bytes)
  return text === undefined ? malformed(`the ${what} is not UTF-8`) : parsed(text, what)
}

/** The same of a long body: others have their turn between its parts. */
export const parseLongJson = async (bytes: Uint8Array): Promise<{ readonly value: unknown } | Rejected> => {
  const decoder = strictUtf8()
  let text = ''
  for (const piece of piecesOf(bytes)) {
    const more = textOf(decoder, piece, true)
    if (more === undefined) return malformed('the body is not UTF-8')
    text += more
    await setImmediate()
  }
  if (textOf(decoder, new Uint8Array()) === undefined) return malformed('the body is not UTF-8')
  const json = parsed(text, 'body')
  await setImmediate()
  return json
}

const strictUtf8 = (): TextDecoder => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const textOf = (decoder: TextDecoder, bytes: Uint8Array, stream = false): string | undefined => {
  try {
    return decoder.decode(bytes, { stream })
  } catch {
    return undefined
  }
}

const parsed = (text: string, what: string): { readonly value: unknown } | Rejected => {
  try {
    return { value: (mayNameProto(text) ? JSON.parse(text, refuseProto) : JSON.parse(text)) as unknown }
  } catch {
    return malformed(`the ${what} is not JSON`)
  }
}

/** A look at each field costs more than all else there is to parsing: only such text can have it, as it is or in escapes. */
const mayNameProto = (text: string): boolean => text.includes('__proto__') || text.includes('\\u')

/** The same of a form. */
export const refuseFields = (bytes: Uint8Array, fieldsMax: number): Rejected | undefined =>
  separatorsIn(bytes) >= fieldsMax ? malformed(`the form has more than ${fieldsMax} fields`) : undefined

export const parseForm = (bytes: Uint8Array): { readonly value: unknown } | Rejected => {
  const fields = new URLSearchParams(new TextDecoder().decode(bytes))
  const names = [...fields.keys()]
  if (new Set(names).size !== names.length) return malformed('a form field is repeated')
  return { value: Object.fromEntries(fields) }
}

/** `&` between fields. */
const separatorsIn = (bytes: Uint8Array): number =>
  bytes.reduce((count, byte) => (byte === 0x26 ? count + 1 : count), 0)

const refuseProto = (key: string, value: unknown): unknown => {
  if (key === '__proto__') throw new SyntaxError('__proto__ is not a field')
  return value
}
