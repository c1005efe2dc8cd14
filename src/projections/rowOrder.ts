/** The order that stores keep rows in: numbers before texts, numbers by size, texts by their UTF-8 bytes. */
import type { KeyPart, Row } from '../ports/readModels.js'

/** Throws where a field of the key is missing: a bug of the projection. */
export const keyFields = (fields: readonly string[], row: Row): readonly KeyPart[] =>
  fields.map((field) => {
    const value = row[field]
    if (typeof value !== 'string' && typeof value !== 'number') throw new Error(`key field ${field} is missing`)
    return value
  })

export const compareParts = (a: unknown, b: unknown): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'number' && typeof b === 'string') return -1
  if (typeof a === 'string' && typeof b === 'number') return 1
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
}
