/** A request's body, read whole within its limit and parsed to the last byte. */
import type { Rejected } from '../../streams/rejection.js'

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

/** Parses JSON that is UTF-8 without a byte order mark (RFC 8259 §8.1), not deeper than `depthMax`, and defines no `__proto__`. */
export const parseJson = (bytes: Uint8Array, depthMax: number): { readonly value: unknown } | Rejected => {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return malformed('the body is not UTF-8')
  }
  if (depthOf(text) > depthMax) return malformed(`the body is nested deeper than ${depthMax}`)
  try {
    return { value: JSON.parse(text, refuseProto) as unknown }
  } catch {
    return malformed('the body is not JSON')
  }
}

export const parseForm = (bytes: Uint8Array): { readonly value: unknown } | Rejected => {
  const fields = new URLSearchParams(new TextDecoder().decode(bytes))
  const names = [...fields.keys()]
  if (new Set(names).size !== names.length) return malformed('a form field is repeated')
  return { value: Object.fromEntries(fields) }
}

const malformed = (detail: string): Rejected => ({ rejected: { code: 'malformed', detail } })

const refuseProto = (key: string, value: unknown): unknown => {
  if (key === '__proto__') throw new SyntaxError('__proto__ is not a field')
  return value
}

/** The deepest nesting of brackets outside strings, without building anything. */
const depthOf = (text: string): number => {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 0x5c) at++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (code === 0x7d || code === 0x5d) depth--
  }
  return deepest
}
