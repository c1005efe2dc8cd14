/**
 * JSON in the one form that RFC 8785 gives a value: names sorted by UTF-16 code units, no blanks, numbers as ECMAScript
 * writes them. Our own, and not the package: every event that is appended or read goes through it, so it must be quick and
 * have a form for all that a log may hold; RFC 8785 has none for a lone surrogate (it is written as its escape here).
 */
import { isList } from './json.js'
import type { Json } from './json.js'

const nothing: ReadonlySet<string> = new Set()

/** `without`: fields of the value itself that are left out, as those are that are undefined. */
export const canonicalJson = (value: Json, without = nothing): string => {
  if (typeof value === 'string') return quoted(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map((each) => canonicalJson(each)).join(',')}]`
  let fields = ''
  for (const name of Object.keys(value).sort()) {
    const field = value[name]
    if (field === undefined || without.has(name)) continue
    fields += `${fields === '' ? '' : ','}${quoted(name)}:${canonicalJson(field)}`
  }
  return `{${fields}}`
}

/** Printable ASCII but the quote and the backslash: nearly all that a log holds, and it stands for itself. */
const plain = /^[ !#-[\]-~]*$/
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text))
