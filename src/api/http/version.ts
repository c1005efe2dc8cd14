/** Things with a version: it is their ETag, and whoever replaces one says by If-Match which it has seen. */
import { z } from 'zod'
import { described, placed } from '../../contract/fields.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'

export const version = described(z.number().int(), 'Grows by one with every change', 4)
/** What a replacement is answered with. */
export const newVersion = z
  .object({ version, ...placed })
  .meta({ title: 'NewVersion', description: 'What was replaced has this version now' })
const etag = described(z.string(), 'The version in quotes', '"4"')

/** Headers of the answer and of the request that replaces it. */
export const etagHeader = { ETag: { description: 'What to replace it by, as If-Match', schema: etag } }
export const ifMatchHeader = {
  'If-Match': {
    description: 'The version that this one replaces; "0": there is none',
    required: true,
    schema: described(z.string(), 'The version in quotes', '"0"'),
  },
}

export const etagOf = (version: number): { readonly etag: string } => ({ etag: `"${version}"` })

/** The version that the command replaces. */
export const ifVersionOf = (header: (name: string) => string | undefined): number | Rejected => {
  const version = /^"(0|[1-9][0-9]{0,14})"$/.exec(header('if-match') ?? '')?.[1]
  if (version !== undefined) return Number(version)
  return reject({ code: 'malformed', detail: 'If-Match: "<version>" of what this one replaces' })
}
