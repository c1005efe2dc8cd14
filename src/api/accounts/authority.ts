/** What anyone needs to verify this server's clients: its certificates, and what was revoked. */
import { z } from 'zod'
import { parseDomain } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { OtherServers } from '../../ports/peers.js'
import { reject } from '../../streams/rejection.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Authority } from '../../ports/authority.js'
import type { Clock } from '../../ports/clock.js'
import type { Limits } from '../../limits/limits.js'
import type { Directory } from '../../projections/directory/queries.js'
import type { HeldCursor } from '../http/request/heldCursor.js'
import { readSerialCursor, writeSerialCursor } from '../http/request/serialCursor.js'
import { bytesOut, described } from '../../contract/fields.js'
import {
  revocationCursor as page,
  revokedCertificate as revoked,
  signedRevocations,
} from '../../contract/revocations.js'
import { pageLimit } from '../http/withinLimits.js'
import { route } from '../door.js'
import { ownRevocations } from './ownRevocations.js'
import type { Route } from '../door.js'

export type AuthorityRoutesDependencies = {
  readonly authority: Authority
  /** Undefined: no other server is asked. */
  readonly others?: OtherServers | undefined
  readonly directory: Directory
  readonly logId: string
  readonly heldCursor: HeldCursor
  readonly clock: Pick<Clock, 'now'>
  readonly limits: Limits
}

const tag = 'Authentication Service'
const domain = described(z.string(), 'The name in every id of this server', 'localhost')
const rootStatement = z
  .object({
    from: bytesOut.describe('A root certificate, DER'),
    to: bytesOut.describe('The one that takes its place, DER'),
    signature: bytesOut.describe('By the private key of `from`, over the text that docs/wire.md has'),
  })
  .meta({ title: 'RootStatement', description: 'A root says that another takes its place' })
const authorityAnswer = z.object({
  domain,
  root: bytesOut.describe('The root certificate, DER'),
  intermediates: z.array(bytesOut).describe('Those that it signed and that sign clients’ ones, DER'),
  statements: z
    .array(rootStatement)
    .describe('From each root there was to the next: whoever pinned an older one follows them to `root`'),
})
const domainField = domain.max(253).transform((text, context): Domain => {
  const parsed = parseDomain(text)
  if (parsed !== undefined) return parsed
  context.addIssue('not the name of a server')
  return z.NEVER
})
const rootAnswer = z.object({
  domain,
  root: bytesOut.describe('The root certificate, DER'),
  statements: z.array(rootStatement).describe('In any order'),
})
/** As JSON says them. */
export const statementsOf = ({ successions }: Pick<Authority, 'successions'>) =>
  successions.map(({ from, to, signature }) => ({
    from: toBase64url(from),
    to: toBase64url(to),
    signature: toBase64url(signature),
  }))

export const authorityRoutes = ({
  authority,
  directory,
  logId,
  heldCursor,
  limits,
  others,
  clock,
}: AuthorityRoutesDependencies): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/authority',
    tag,
    summary: 'Get the certificates that vouch for this server’s clients',
    description:
      'DER. A credential holds [client, intermediate]; verify it against `root`, or against an older one that `statements` begin with.',
    access: 'anonymous',
    success: { status: 200, body: authorityAnswer },
    problems: [],
    answer: () =>
      Promise.resolve({
        status: 200,
        body: {
          domain: authority.domain,
          root: toBase64url(authority.root),
          intermediates: authority.intermediates.map(toBase64url),
          statements: statementsOf(authority),
        },
      }),
  }),
  route({
    method: 'get',
    path: '/v1/authority/{domain}',
    tag,
    summary: 'Get the root certificate of a server',
    description:
      'Of another server the one that this server believes: pinned at first sight, and changed only for one that the pinned one signed. Pin it as well: `statements` lead from older ones to it.',
    access: 'client',
    params: z.strictObject({ domain: domainField }),
    success: { status: 200, body: rootAnswer },
    problems: ['peer-unreachable', 'peer-not-federating'],
    rates: ({ principal: { client } }) => [{ rate: 'directoryLookupsPerClient', key: client }],
    answer: async ({ params: { domain: of } }) => {
      if (of === authority.domain)
        return {
          status: 200,
          body: { domain: of, root: toBase64url(authority.root), statements: statementsOf(authority) },
        }
      if (others === undefined) return reject({ code: 'peer-not-federating', domain: of })
      return { status: 200, body: { domain: of, ...(await others.rootOf(of)) } }
    },
  }),
  route({
    method: 'get',
    path: '/v1/authority/{domain}/revocations',
    tag,
    summary: 'List the revoked certificates of a server, as it signed the list',
    description:
      'Of another server it is passed on as it comes, and may be a day old while that server is away. Hold the signature against the root that you pinned (docs/federation.md, Revocations), and only certificates of that domain against the list. Pass `next` back as `cursor` for the next page.',
    access: 'client',
    params: z.strictObject({ domain: domainField }),
    query: z.strictObject({ cursor: page.optional() }),
    success: { status: 200, body: signedRevocations },
    problems: ['peer-unreachable', 'peer-not-federating', 'cursor-expired'],
    rates: ({ principal: { client } }) => [{ rate: 'directoryLookupsPerClient', key: client }],
    answer: async ({ params: { domain: of }, query: { cursor = '' } }) => {
      if (of === authority.domain) {
        const own = await ownRevocations({ authority, directory, heldCursor, logId, clock }, cursor)
        return 'rejected' in own ? own : { status: 200, body: own }
      }
      const list = await others?.revocationsOf({ domain: of, cursor })
      if (list === undefined) return reject({ code: 'peer-not-federating', domain: of })
      return list === 'expired' ? reject({ code: 'cursor-expired' }) : { status: 200, body: list }
    },
  }),
  route({
    method: 'get',
    path: '/v1/revocations',
    tag,
    summary: 'List the revoked certificates, oldest first',
    description: '`at` in milliseconds since 1970. Pass `next` back as `cursor` for the next page.',
    access: 'anonymous',
    query: z.strictObject({
      cursor: page.optional(),
      limit: pageLimit(limits),
    }),
    success: {
      status: 200,
      body: z.object({
        revoked: z.array(revoked).describe('The oldest first'),
        next: page.optional().describe('The `cursor` of the next page, where there is one'),
      }),
    },
    problems: ['cursor-expired'],
    answer: async ({ query }) => {
      const after = query.cursor === undefined ? undefined : await readSerialCursor(heldCursor, query.cursor)
      if (after !== undefined && 'rejected' in after) return after
      const rows = await directory.revocations({ after, limit: query.limit + 1 })
      const page = rows.slice(0, query.limit)
      const last = rows.length > query.limit ? page.at(-1) : undefined
      const revoked = page.map(({ serial, at }) => ({ serial, at }))
      return { status: 200, body: { revoked, ...(last === undefined ? {} : { next: writeSerialCursor(logId, last) }) } }
    },
  }),
]
