/** The only place that knows HTTP statuses: every rejection as application/problem+json (RFC 9457). */
import { AppendTooLarge, StorageFull, StoreUnavailable } from '../../ports/eventStore.js'
import { UnreadableEvent } from '../../events/parser.js'
import type { Rejection, RejectionCode } from '../../streams/rejection.js'

type Status = { readonly status: number; readonly title: string }

export const problems: { readonly [Code in RejectionCode]: Status } = {
  malformed: { status: 400, title: 'The request does not have the documented form' },
  'invalid-key-package': { status: 400, title: 'The KeyPackage fails validation (RFC 9420 §10.1)' },
  'invalid-leaf': { status: 400, title: 'A leaf node fails validation (RFC 9420 §7.3)' },
  'invalid-proposal': { status: 400, title: 'A proposal fails validation (RFC 9420 §12.1)' },
  'invalid-commit': { status: 400, title: 'The Commit fails validation (RFC 9420 §12.2, §12.4)' },
  'welcome-mismatch': { status: 400, title: 'The Welcome does not address exactly the added KeyPackages' },
  'group-info-mismatch': { status: 400, title: 'The GroupInfo does not describe the state the Commit leads to' },
  'commit-missing-proposals': { status: 400, title: 'The Commit leaves out removals it must contain' },
  'not-authenticated': { status: 401, title: 'A valid token or assertion is needed' },
  'token-expired': { status: 401, title: 'The token has expired: ask for another' },
  'not-allowed': { status: 403, title: 'This is not yours to do' },
  'identity-mismatch': { status: 403, title: 'The token and the signer are not the same client' },
  'not-a-member': { status: 403, title: 'You are no longer a member of this group' },
  'no-such-user': { status: 404, title: 'There is no such user' },
  'no-such-client': { status: 404, title: 'There is no such client' },
  'no-such-group': { status: 404, title: 'There is no such group' },
  'no-such-epoch': { status: 404, title: 'You were no member in this epoch' },
  'no-such-queue': { status: 404, title: 'There is no such queue' },
  'no-such-request': { status: 404, title: 'There is no such connection request' },
  'no-such-route': { status: 404, title: 'There is nothing at this address' },
  'method-not-allowed': { status: 405, title: 'This address takes other methods' },
  'key-material-exhausted': { status: 404, title: 'No KeyPackage is left to claim' },
  'wrong-epoch': { status: 409, title: 'Another Commit has ended this epoch' },
  'epoch-too-old': { status: 409, title: 'The epoch of this message is too far back' },
  'already-exists': { status: 409, title: 'It exists already' },
  'version-mismatch': { status: 409, title: 'It was changed meanwhile: read it again' },
  'group-deleted': { status: 410, title: 'The group was deleted' },
  'user-deleted': { status: 410, title: 'The user was deleted' },
  'cursor-expired': { status: 410, title: 'The cursor belongs to another log: start again without one' },
  'too-large': { status: 413, title: 'Too large' },
  'unsupported-media-type': { status: 415, title: 'The body has another media type than this route takes' },
  misdirected: { status: 421, title: 'The Host is not a name of this server' },
  'unsupported-ciphersuite': { status: 422, title: 'The ciphersuite is not supported' },
  'unsupported-message': { status: 422, title: 'This kind of message does not belong here' },
  'idempotency-mismatch': { status: 422, title: 'The Idempotency-Key was used with another request' },
  'upgrade-required': { status: 426, title: 'This address takes websockets' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'limit-reached': { status: 429, title: 'A limit is reached' },
  'store-unavailable': { status: 503, title: 'The store is away: try again' },
  'read-model-behind': { status: 503, title: 'The read model has not reached that position yet: try again' },
  'storage-full': { status: 507, title: 'The disk is full: nothing was written' },
}

export type Problem = Rejection & {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly requestId: string
}

export const problemOf = (rejection: Rejection, requestId: string): Problem => ({
  type: `urn:mls-homeserver:problem:${rejection.code}`,
  ...problems[rejection.code],
  ...rejection,
  requestId,
})

/** Seconds after which to try again, for the codes that carry Retry-After. */
export const retryAfterOf = (rejection: Rejection): number | undefined => {
  if (rejection.code === 'rate-limited') return rejection.retryAfter
  return rejection.code === 'store-unavailable' || rejection.code === 'read-model-behind' ? 1 : undefined
}

/** The rejection that a thrown port error stands for; undefined for a bug. */
export const rejectionOfError = (error: unknown): Rejection | undefined => {
  if (error instanceof StoreUnavailable || error instanceof UnreadableEvent) return { code: 'store-unavailable' }
  if (error instanceof StorageFull) return { code: 'storage-full' }
  if (error instanceof AppendTooLarge) return { code: 'too-large', max: 1_000_000 }
  return undefined
}
