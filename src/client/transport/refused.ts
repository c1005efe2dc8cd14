/** What the server answered instead of doing it: application/problem+json (RFC 9457) as an error with its stable code. */

export type Problem = {
  readonly status: number
  readonly code: string
  readonly title: string
  /** The other fields, by the code: `currentEpoch`, `reason`, `leaves`, … */
  readonly [field: string]: unknown
}

export class Refused extends Error {
  readonly problem: Problem
  readonly code: string
  constructor(problem: Problem) {
    super(`${problem.code}: ${describe(problem)}`)
    this.name = 'Refused'
    this.problem = problem
    this.code = problem.code
  }
}

/** The server could not be reached for as long as the client was willing to try. */
export class Unreachable extends Error {
  constructor(server: string, cause: unknown) {
    super(`${server} cannot be reached: ${reasonIn(cause)}`, { cause })
    this.name = 'Unreachable'
  }
}

/** What fetch calls failed has its reason one or two causes deep. */
const reasonIn = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  if (cause instanceof AggregateError) return reasonIn(cause.errors[0])
  return cause.cause === undefined ? cause.message : reasonIn(cause.cause)
}

const describe = ({ title, detail, reason }: Problem): string =>
  [title, detail, reason].filter((part) => typeof part === 'string' && part !== '').join('; ')

export const isRefusal = (error: unknown, ...codes: readonly string[]): error is Refused =>
  error instanceof Refused && (codes.length === 0 || codes.includes(error.code))
