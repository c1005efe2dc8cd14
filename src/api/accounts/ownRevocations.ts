/** Pages of what this server revoked, signed, so that whoever passes them on can leave nothing out. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import { revocationsContent } from '../../mls/group/revocationList.js'
import type { SignedRevocations } from '../../mls/group/revocationList.js'
import type { Authority } from '../../ports/authority.js'
import type { Clock } from '../../ports/clock.js'
import type { Directory } from '../../projections/directory/queries.js'
import type { Rejected } from '../../streams/rejection.js'
import type { HeldCursor } from '../http/request/heldCursor.js'
import { readSerialCursor, writeSerialCursor } from '../http/request/serialCursor.js'

export type OwnRevocationsDependencies = {
  readonly directory: Pick<Directory, 'revocations'>
  readonly authority: Pick<Authority, 'domain' | 'sign'>
  readonly heldCursor: HeldCursor
  readonly logId: string
  readonly clock: Pick<Clock, 'now'>
}

const pageRows = 1_000

/** `cursor`: the `next` of the page before; empty for the first one. */
export const ownRevocations = async (
  { directory, authority, heldCursor, logId, clock }: OwnRevocationsDependencies,
  cursor: string,
): Promise<SignedRevocations | Rejected> => {
  const after = cursor === '' ? undefined : await readSerialCursor(heldCursor, cursor)
  if (after !== undefined && 'rejected' in after) return after
  const rows = await directory.revocations({ after, limit: pageRows + 1 })
  const page = rows.slice(0, pageRows)
  const last = rows.length > pageRows ? page.at(-1) : undefined
  const list = {
    cursor,
    revoked: page.map(({ serial, at }) => ({ serial, at })),
    ...(last === undefined ? {} : { next: writeSerialCursor(logId, last) }),
    time: clock.now(),
  }
  const { issuer, signature } = await authority.sign(revocationsContent(authority.domain, list))
  return { ...list, issuer: toBase64url(issuer), signature: toBase64url(signature) }
}
