/** A request's body, read whole within its limit and parsed to the last byte. */
import type { Rejected } from '../../streams/rejection.js'
import { beyondBounds } from './jsonBounds.js'
import type { JsonBounds } from './jsonBounds.js'

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

/**
 * Parses JSON that is UTF-8 without a byte order mark (RFC 8259 §8.1), is within the bounds, and defines no `__proto__`.
 * `what` it is, as the client is told: body, frame.
 */
export const parseJson = (
  bytes: Uint8Array,
  bounds: JsonBounds,
  what = 'body',
): { readonly value: unknown } | Rejected => {
  const beyond = beyondBounds(bytes, bounds)
  if (beyond !== undefined) return malformed(`the ${what} is ${beyond}`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return malformed(`the ${what} is not UTF-8`)
  }
  try {
    return { value: JSON.parse(text, refuseProto) as unknown }
  } catch {
    return malformed(`the ${what} is not JSON`)
  }
}

export const parseForm = (bytes: Uint8Array, fieldsMax: number): { readonly value: unknown } | Rejected => {
  if (separatorsIn(bytes) >= fieldsMax) return malformed(`the form has more than ${fieldsMax} fields`)
  const fields = new URLSearchParams(new TextDecoder().decode(bytes))
  const names = [...fields.keys()]
  if (new Set(names).size !== names.length) return malformed('a form field is repeated')
  return { value: Object.fromEntries(fields) }
}

/** `&` between fields. */
const separatorsIn = (bytes: Uint8Array): number =>
  bytes.reduce((count, byte) => (byte === 0x26 ? count + 1 : count), 0)

const malformed = (detail: string): Rejected => ({ rejected: { code: 'malformed', detail } })

const refuseProto = (key: string, value: unknown): unknown => {
  if (key === '__proto__') throw new SyntaxError('__proto__ is not a field')
  return value
}
