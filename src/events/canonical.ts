/**
 * JSON in the one form that RFC 8785 gives a value: names sorted by UTF-16 code units, no blanks, numbers as ECMAScript
 * writes them. Our own, and not the package: every stored event goes through it, so it must be quick and have a form for
 * all that a log may hold; RFC 8785 has none for a lone surrogate (it is written as its escape here).
 */
import type { Json } from './json.js'

export const canonicalJson = (value: Json): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`
  const fields = Object.keys(value)
    .sort()
    .flatMap((name) => {
      const field = value[name]
      // As JSON.stringify leaves it out.
      return field === undefined ? [] : [`${JSON.stringify(name)}:${canonicalJson(field)}`]
    })
  return `{${fields.join(',')}}`
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
