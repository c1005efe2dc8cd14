/** Who asks at the operators' door: by a token that holds now, whichever process made or ended it. Guesses are counted by address. */
import { operatorsAggregate } from '../../commands/operators/operators.js'
import type { Operators } from '../../commands/operators/operators.js'
import { operatorsStream } from '../../events/operators.js'
import type { Clock } from '../../ports/clock.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import type { RateLimiter } from '../http/budgets/rateLimits.js'
import { operatorOf } from './operatorToken.js'
import type { OperatorPrincipal } from './operatorToken.js'

export type OperatorAuthenticationDependencies = {
  /** As the log has them now. */
  readonly operators: () => Promise<Pick<Operators, 'tokens'>>
  readonly rateLimiter: RateLimiter
  readonly clock: Clock
}

/** `address`: whose guesses they are, this machine's too. */
export type AuthenticateOperator = (token: string, address: string) => Promise<OperatorPrincipal | Rejected>

export const authenticateOperators =
  ({ operators, rateLimiter, clock }: OperatorAuthenticationDependencies): AuthenticateOperator =>
  async (token, address) => {
    const { tokens } = await operators()
    // Nothing waits from here on: many at once are counted one by one.
    const retryAfter = rateLimiter.blocked('operatorGuessesPerAddress', address)
    if (retryAfter !== undefined) return reject({ code: 'rate-limited', retryAfter })
    const found = operatorOf(token, tokens, clock.now())
    if ('rejected' in found && found.rejected.code === 'not-authenticated')
      rateLimiter.take('operatorGuessesPerAddress', address)
    return found
  }

/** The operators as the log has them now; while it is away, as it had them last: who is looked for then is one who can help. */
export const newestOperators = (streams: Pick<Streams, 'read'>, begin: Operators): (() => Promise<Operators>) => {
  let known = begin
  return async () => {
    try {
      known = (await streams.read(operatorsAggregate, operatorsStream)).state
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
    return known
  }
}
