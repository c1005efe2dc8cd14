/** Which part of an asset is asked for: one range, or the whole (RFC 9110 §14). */

/** Bytes `from` to before `to`. */
export type Range = { readonly from: number; readonly to: number }

/**
 * Undefined: the whole. What is no range of bytes is ignored, and so are several in one request, which may be
 * (RFC 9110 §14.2): answering them would cost more than they are worth.
 */
export const rangeIn = (value: string | undefined, size: number): Range | 'unsatisfiable' | undefined => {
  const asked = /^\s*bytes\s*=\s*(\d{0,16})-(\d{0,16})\s*$/i.exec(value ?? '')
  if (asked === null) return undefined
  const [, first = '', last = ''] = asked
  if (first === '') return last === '' ? undefined : suffix(Number(last), size)
  const from = Number(first)
  const to = last === '' ? size : Math.min(size, Number(last) + 1)
  if (last !== '' && Number(last) < from) return undefined
  return from >= size ? 'unsatisfiable' : { from, to }
}

const suffix = (length: number, size: number): Range | 'unsatisfiable' =>
  length === 0 || size === 0 ? 'unsatisfiable' : { from: Math.max(0, size - length), to: size }

/** Whether If-None-Match names it: weakly compared (RFC 9110 §13.1.2). */
export const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean => {
  if (ifNoneMatch === undefined) return false
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}

/** Whether the range is still wanted: If-Range is absent, or names exactly this (RFC 9110 §13.1.5). */
export const isSame = (ifRange: string | undefined, etag: string): boolean =>
  ifRange === undefined || ifRange.trim() === etag
