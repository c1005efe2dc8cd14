/** What a client is told of input that its schema does not let through: never what it sent. */
import type { z } from 'zod'

/** The first thing that does not fit, behind the path to it. */
export const describeMismatch = ({ issues: [issue] }: z.ZodError, where: string): string =>
  `${[where, ...(issue?.path ?? []).map(String)].join('.')}: ${issue === undefined ? 'not as documented' : said(issue)}`

/** Unknown fields are named where they may be ours, misspelt; anything else that stands there might be a secret. */
const said = (issue: z.core.$ZodIssue): string => {
  if (issue.code !== 'unrecognized_keys') return issue.message
  const named = issue.keys.filter((key) => /^[A-Za-z_]{1,24}$/.test(key))
  return named.length === 0 ? 'a field that is not documented' : `not documented: ${named.join(', ')}`
}
