/** What a hub refused, as the same problem for our own client: where the route may answer it, with the fields that it has. Pure. */
import { readRefusal } from '../../contract/problems.js'
import type { ProblemCode } from '../../contract/problems.js'
import type { RefusedElsewhere } from '../../ports/peers.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'

/** Of any route: what a hub has of its own budgets is not ours to hide. */
const always: readonly ProblemCode[] = ['rate-limited', 'idempotency-mismatch', 'malformed', 'too-large']

/** `allowed`: the codes of the route. Anything else is a refusal without a reason that a client could act on. */
export const rejectionOfHub = (
  { refused }: RefusedElsewhere,
  allowed: readonly ProblemCode[],
  capability: string,
): Rejected => {
  const rejection = readRefusal(refused)
  const isAnswered = rejection !== undefined && [...always, ...allowed].includes(rejection.code)
  return reject(isAnswered ? rejection : { code: 'not-allowed', capability })
}
