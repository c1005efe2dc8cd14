/** Signals of one connection: told at once or never, counted, and bounded, so that what comes behind them does not wait. */
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { costOfRefusedSignal, costOfSignal } from '../groups/signals.js'
import type { Signalling, TakeSignal } from '../groups/signals.js'
import { rejectionOfError } from '../http/problems.js'
import type { RateLimiter } from '../http/budgets/rateLimits.js'
import type { ClientPrincipal } from '../principal.js'
import type { Speech } from './speech.js'

export type SignalsDependencies = {
  readonly takeSignal: TakeSignal
  readonly rateLimiter: Pick<RateLimiter, 'charge' | 'owe'>
}

export type SignalsConnection = {
  readonly speech: Pick<Speech, 'complain'>
  /** The client that speaks on this connection, if one does. */
  readonly client: () => ClientPrincipal | undefined
  /** A bug. */
  readonly failed: (error: unknown) => void
}

/** `id`: what a refusal is answered under. */
export type IdentifiedSignalling = Signalling & { readonly id?: string | undefined }

/** Checked at the same time for one connection; more are refused. */
const signalsMax = 16

export const makeSignals = (
  deps: SignalsDependencies,
  { speech, client, failed }: SignalsConnection,
): ((signalling: IdentifiedSignalling) => void) => {
  let underWay = 0

  const take = async ({ id, ...signalling }: IdentifiedSignalling): Promise<void> => {
    underWay++
    const refused = await trySignal(deps, client(), signalling, underWay > signalsMax).finally(() => underWay--)
    if (refused !== undefined) speech.complain(refused.rejected, id)
  }

  return (signalling) => {
    take(signalling).catch(failed)
  }
}

const trySignal = async (
  { takeSignal, rateLimiter }: SignalsDependencies,
  by: ClientPrincipal | undefined,
  signalling: Signalling,
  tooMany: boolean,
): Promise<Rejected | undefined> => {
  if (by === undefined) return reject({ code: 'not-authenticated', detail: 'signalling needs a client token' })
  const retryAfter = tooMany ? 1 : rateLimiter.charge(costOfSignal(by, signalling.group)).retryAfter
  if (retryAfter !== undefined) return reject({ code: 'rate-limited', retryAfter })
  try {
    const refused = await takeSignal(by, signalling)
    if (refused !== undefined) rateLimiter.owe(costOfRefusedSignal(by))
    return refused
  } catch (error) {
    const rejection = rejectionOfError(error)
    if (rejection === undefined) throw error
    return reject(rejection)
  }
}
