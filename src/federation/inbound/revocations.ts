/** revocations, an extension: which certificates of ours do not hold any more, signed, for whoever asks. */
import { z } from 'zod'
import { readSerialCursor, writeSerialCursor } from '../../api/http/request/serialCursor.js'
import type { HeldCursor } from '../../api/http/request/heldCursor.js'
import { revocationCursor, signedRevocations } from '../../contract/revocations.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { revocationsContent } from '../../mls/group/revocationList.js'
import type { SignedRevocations } from '../../mls/group/revocationList.js'
import type { Authority } from '../../ports/authority.js'
import type { Clock } from '../../ports/clock.js'
import type { Directory } from '../../projections/directory/queries.js'
import type { Rejected } from '../../streams/rejection.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'

const revocationsPath = '/federation/v1/revocations'
export const revocationsTemplate = `${revocationsPath}?cursor={cursor}`

export type RevocationsDependencies = {
  readonly directory: Pick<Directory, 'revocations'>
  readonly authority: Pick<Authority, 'domain' | 'sign'>
  readonly heldCursor: HeldCursor
  readonly logId: string
  readonly clock: Pick<Clock, 'now'>
}

export const revocationsRoute = (deps: RevocationsDependencies): PeerRoute =>
  peerRoute({
    method: 'get',
    path: revocationsPath,
    tag: 'Federation',
    summary: 'List the revoked certificates of this server, signed',
    description:
      'The oldest first; `next` is the `cursor` of the page that follows. Signed by the intermediate whose certificate comes with it (docs/federation.md, Revocations).',
    access: 'peer',
    query: z.strictObject({ cursor: revocationCursor }),
    success: { status: 200, body: signedRevocations },
    problems: ['cursor-expired'],
    answer: async ({ query: { cursor } }) => {
      const list = await listOf(deps, cursor)
      return 'rejected' in list ? list : { status: 200, body: list }
    },
  })

const pageRows = 1_000

const listOf = async (
  { directory, authority, heldCursor, logId, clock }: RevocationsDependencies,
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
