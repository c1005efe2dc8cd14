/** Input held against its schema: the value that it let through, or what was wrong with it. */
import type { z } from 'zod'
import type { Limits } from '../../../limits/limits.js'
import { reject } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'
import { describeMismatch } from './mismatch.js'

/** `where`: 'body', 'path', 'query', as the client is told. Without a schema there is nothing to let through. */
export const checked = (
  schema: z.ZodType | undefined,
  value: unknown,
  where: string,
  { problemsNamedMax }: Pick<Limits, 'problemsNamedMax'>,
): { readonly value: unknown } | Rejected => {
  if (schema === undefined) return { value: undefined }
  const parsed = schema.safeParse(value)
  if (parsed.success) return { value: parsed.data }
  return reject({ code: 'malformed', detail: describeMismatch(parsed.error, where, problemsNamedMax) })
}
