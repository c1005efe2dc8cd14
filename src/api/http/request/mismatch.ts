/** What a client is told of input that its schema does not let through: never what it sent. */
import type { z } from 'zod'

/** The first things that do not fit, at most so many, each behind the path to it. */
export const describeMismatch = ({ issues }: z.ZodError, where: string, namedMax: number): string => {
  const named = issues
    .slice(0, namedMax)
    .map((issue) => `${[where, ...placeOf(issue)].join('.')}: ${said(issue, namedMax)}`)
  return named.length === 0 ? `${where}: not as documented` : named.join('; ')
}

/** Keys that the client chose itself are what it sent; only what may be a field of ours is named. */
const placeOf = ({ path, code }: z.core.$ZodIssue): readonly string[] => {
  const names = path.map((key) =>
    typeof key === 'number' || /^[A-Za-z_]\w{0,23}$/.test(String(key)) ? String(key) : '*',
  )
  return code === 'invalid_key' ? [...names.slice(0, -1), '*'] : names
}

/** Unknown fields are named where they may be ours, misspelt; anything else that stands there might be a secret. */
const said = (issue: z.core.$ZodIssue, namedMax: number): string => {
  if (issue.code !== 'unrecognized_keys') return issue.message
  const named = issue.keys.filter((key) => /^[A-Za-z_]{1,24}$/.test(key)).slice(0, namedMax)
  return named.length === 0 ? 'a field that is not documented' : `not documented: ${named.join(', ')}`
}
