/** What the server answered instead of doing it: application/problem+json (RFC 9457) as an error with its stable code. */
import type { Problem as ServerProblem } from '../../contract/problems.js'

/** What is no answer of a homeserver: a proxy's on the way to it, for one. */
type HttpProblem = { readonly code: `http-${number}`; readonly status: number; readonly title: string }

/** By `code` it is known which other fields there are: `currentEpoch` of wrong-epoch, `retryAfter` of rate-limited, … */
export type Problem = ServerProblem | HttpProblem

class RefusedWith<One extends Problem> extends Error {
  readonly problem: One
  readonly code: One['code']
  constructor(problem: One) {
    super(`${problem.code}: ${describe(problem)}`)
    this.name = 'Refused'
    this.problem = problem
    this.code = problem.code
  }
}

type Each<One> = One extends Problem ? RefusedWith<One> : never

/**
 * `error.code === 'wrong-epoch'` tells that `error.problem.currentEpoch` is there. A newer server may have codes that are
 * none of these.
 */
export type Refused = Each<Problem>
/** Refused with one of these codes. */
export type RefusedAs<Code extends Problem['code']> = Extract<Refused, { readonly code: Code }>
export const Refused = RefusedWith as {
  new (problem: Problem): Refused
  readonly prototype: Refused
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

const describe = ({ title, ...problem }: Problem): string => {
  const said = [title, 'detail' in problem && problem.detail, 'reason' in problem && problem.reason]
  return said.filter((part) => typeof part === 'string' && part !== '').join('; ')
}

/**
 * Too many requests, an upload that ends first, or a server that is starting, stopping or has lost its store: the same request will
 * do later. That another server takes no part in federation is no trouble of a gateway's.
 */
export const isTransient = ({ status, code }: Pick<Problem, 'status' | 'code'>): boolean =>
  code !== 'peer-not-federating' && [423, 429, 502, 503, 504].includes(status)

/** A refusal that the same request will meet again. */
export const isFinal = (error: unknown): boolean => isRefusal(error) && !isTransient(error.problem)

/** Whether it is a refusal with one of these codes; with any, where none is named. */
export const isRefusal = <Code extends Problem['code']>(
  error: unknown,
  ...codes: readonly Code[]
): error is RefusedAs<Code> =>
  error instanceof Refused && (codes.length === 0 || (codes as readonly string[]).includes(error.code))
