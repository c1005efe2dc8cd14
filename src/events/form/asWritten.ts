/** A fact's JSON as whoever reads it back sees it, without writing it out and reading it. */
import { isList } from './json.js'
import type { Json } from './json.js'

/** Equal to JSON.parse(JSON.stringify(value)), and sharing no object with the value; its texts are shared. */
export const asWritten = (value: Json): Json => {
  // JSON has one zero, and neither infinities nor NaN.
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null
  if (value === null || typeof value !== 'object') return value
  return isList(value) ? value.map(asWritten) : asWrittenFields(value)
}

const asWrittenFields = (fields: { readonly [field: string]: Json | undefined }): Json => {
  const copy = { ...fields }
  for (const name in copy) {
    const field = copy[name]
    if (typeof field === 'string') continue
    if (field === undefined) Reflect.deleteProperty(copy, name)
    else copy[name] = asWritten(field)
  }
  return copy
}
