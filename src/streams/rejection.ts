/** Every way a command is refused, as values: the stable `code` of api.md with the fields a program needs. */

export type Rejection =
  | { readonly code: 'malformed'; readonly detail: string }
  | { readonly code: 'invalid-key-package'; readonly reason: string }
  | { readonly code: 'invalid-leaf'; readonly reason: string }
  | { readonly code: 'invalid-proposal'; readonly reason: string; readonly refs: readonly string[] }
  | { readonly code: 'invalid-commit'; readonly reason: string }
  | { readonly code: 'welcome-mismatch'; readonly reason: string }
  | { readonly code: 'group-info-mismatch'; readonly reason: string }
  | { readonly code: 'commit-missing-proposals'; readonly refs: readonly string[]; readonly leaves: readonly number[] }
  | { readonly code: 'not-authenticated'; readonly detail: string }
  | { readonly code: 'token-expired' }
  | { readonly code: 'not-allowed'; readonly capability: string }
  | { readonly code: 'identity-mismatch'; readonly detail: string }
  | { readonly code: 'not-a-member' }
  | { readonly code: 'no-such-user' }
  | { readonly code: 'no-such-client' }
  | { readonly code: 'no-such-group'; readonly detail?: string }
  /** `first`: the first epoch that the one who asks may see. */
  | { readonly code: 'no-such-epoch'; readonly first: string }
  | { readonly code: 'no-such-queue' }
  | { readonly code: 'no-such-request' }
  | { readonly code: 'no-such-route'; readonly detail?: string }
  | { readonly code: 'method-not-allowed'; readonly allowed: readonly string[] }
  | { readonly code: 'misdirected' }
  | { readonly code: 'upgrade-required' }
  | { readonly code: 'key-material-exhausted' }
  /** `winningCommit`: the MLSMessage that ended the epoch asked for, base64url, where there is one. */
  | { readonly code: 'wrong-epoch'; readonly currentEpoch: string; readonly winningCommit?: string }
  | { readonly code: 'epoch-too-old'; readonly currentEpoch: string }
  | { readonly code: 'already-exists'; readonly what: string }
  | { readonly code: 'version-mismatch'; readonly current: number }
  /** `successor`: the group id that an admin gave this one up for, if so. */
  | { readonly code: 'group-deleted'; readonly successor?: string }
  | { readonly code: 'user-deleted' }
  | { readonly code: 'cursor-expired' }
  | { readonly code: 'too-large'; readonly max: number; readonly actual?: number }
  | { readonly code: 'unsupported-media-type'; readonly accepted: readonly string[] }
  | { readonly code: 'unsupported-ciphersuite'; readonly supported: readonly number[] }
  | { readonly code: 'unsupported-message'; readonly reason: string }
  | { readonly code: 'idempotency-mismatch' }
  /** `retryAfter` in seconds. */
  | { readonly code: 'rate-limited'; readonly retryAfter: number }
  | { readonly code: 'limit-reached'; readonly limit: string; readonly max: number }
  | { readonly code: 'store-unavailable' }
  | { readonly code: 'read-model-behind' }
  | { readonly code: 'storage-full' }

export type RejectionCode = Rejection['code']

export type Rejected = { readonly rejected: Rejection }
export const reject = (rejection: Rejection): Rejected => ({ rejected: rejection })
