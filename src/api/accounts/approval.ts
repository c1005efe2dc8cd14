/** Approvals: what a client of a user signs to let something happen that a bearer token alone cannot. */
import type { Streams } from '../../streams/streams.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { clientOf, userAggregate } from '../../commands/account/user.js'
import type { Approval } from '../../commands/account/user.js'
import { userStream } from '../../events/user.js'
import { parseClientId } from '../../mls/wire/ids.js'
import type { UserId } from '../../mls/wire/ids.js'
import { unverifiedKeyId, verifyClaims } from '../tokens/jws.js'
import type { SignatureKey } from '../tokens/jws.js'

export type ApprovalAsked = {
  readonly approval: string
  /** The URL of the route that it is for. */
  readonly audience: string
  readonly at: number
  /** What it says beside aud, iat and jti. */
  readonly claims: { readonly [name: string]: string }
}

/**
 * By a key of an existing client. A JWS names what it approves by its hash, and each such thing can happen once: so it works
 * once, without anyone remembering its jti.
 */
export const verifyApproval = async (
  { streams }: { readonly streams: Streams },
  { user, ...asked }: ApprovalAsked & { readonly user: UserId },
): Promise<Approval | Rejected> => {
  const by = parseClientId(unverifiedKeyId(asked.approval) ?? '')
  const { state } = await streams.read(userAggregate, userStream(user))
  const approver = by === undefined ? undefined : clientOf(state, by)
  if (by === undefined || approver === undefined) return notApproved
  const keys = approver.keys.map(({ algorithm, signatureKey }) => ({ algorithm, publicKey: signatureKey }))
  const key = await approvingKey(keys, asked)
  return key === undefined ? notApproved : { by, signatureKey: key.publicKey, jws: asked.approval }
}

/** Which of the keys signed an approval that holds. */
export const approvingKey = async (
  keys: readonly SignatureKey[],
  { approval, audience, at, claims }: ApprovalAsked,
): Promise<SignatureKey | undefined> => {
  const verified = await verifyClaims(approval, keys, {
    audience,
    requiredClaims: ['iat', 'jti'],
    currentDate: new Date(at),
    maxTokenAge: approvalAgeSeconds,
    clockTolerance: clockToleranceSeconds,
  })
  if ('invalid' in verified) return undefined
  return Object.entries(claims).every(([name, value]) => verified.claims[name] === value) ? verified.key : undefined
}

/** A person stands between the two clients: showing, scanning, confirming. */
const approvalAgeSeconds = 60 * 60
/** The approving client's clock may be ahead of ours. */
const clockToleranceSeconds = 60

/** One answer whatever was wrong, so that nobody learns here who is there. */
const notApproved = reject({ code: 'not-allowed', capability: 'approveClient' })
