/** revocations, an extension: which certificates of ours do not hold any more, signed, for whoever asks. */
import { z } from 'zod'
import { revocationCursor, signedRevocations } from '../../contract/revocations.js'
import type { SignedRevocations } from '../../mls/group/revocationList.js'
import type { Rejected } from '../../streams/rejection.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'

const revocationsPath = '/federation/v1/revocations'
export const revocationsTemplate = `${revocationsPath}?cursor={cursor}`

export type RevocationsDependencies = {
  /** A page of what this server revoked, signed. */
  readonly pageAt: (cursor: string) => Promise<SignedRevocations | Rejected>
}

export const revocationsRoute = ({ pageAt }: RevocationsDependencies): PeerRoute =>
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
      const list = await pageAt(cursor)
      return 'rejected' in list ? list : { status: 200, body: list }
    },
  })
