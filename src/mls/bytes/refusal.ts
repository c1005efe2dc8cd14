/** Expected refusals of the MLS module: values outside, carried by one typed exception inside. */

export type RefusalCode =
  | 'malformed'
  | 'too-large'
  | 'unsupported-message'
  | 'unsupported-ciphersuite'
  | 'invalid-key-package'
  | 'invalid-leaf'
  | 'invalid-proposal'
  | 'invalid-commit'
  | 'invalid-signature'
  | 'welcome-mismatch'
  | 'group-info-mismatch'
  | 'wrong-epoch'
  | 'wrong-group'

/** Why bytes of others were refused. `reason` is a stable word in camelCase, for programs and tests. */
export type Refusal = {
  readonly code: RefusalCode
  readonly reason: string
  /** The base64url references of the proposals at fault, where proposals by reference are. */
  readonly refs?: readonly string[]
  /** The largest allowed figure, with `too-large`. */
  readonly max?: number
  /** The figure met, with `too-large`; the type met, with `proposalType`. */
  readonly actual?: number
  /** The epoch that would have been right, with `wrong-epoch`. */
  readonly currentEpoch?: bigint
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal }

/** Carries a refusal out of nested parsers and checks; never leaves this folder. */
class Refused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(`${refusal.code}: ${refusal.reason}`)
    this.refusal = refusal
  }
}

export type RefusalDetails = Omit<Refusal, 'code' | 'reason'>

export const refuse = (code: RefusalCode, reason: string, details?: RefusalDetails): never => {
  throw new Refused({ code, reason, ...details })
}

/** Runs a parser or check; what it refuses comes back as a value, what is a bug goes on as an exception. */
export const attempt = <T>(run: () => T): Result<T> => {
  try {
    return { ok: true, value: run() }
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal }
    throw error
  }
}

/** The value of a result, or its refusal thrown again: how checks compose inside this folder. */
export const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Refused(result.refusal)
  return result.value
}
