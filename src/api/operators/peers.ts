/** Other servers, for operators: what becomes of what each is sent, what is believed of it, and whether it is spoken to. */
import { z } from 'zod'
import { described } from '../../contract/fields.js'
import { operatorPath } from '../../contract/operators.js'
import { peerAnswer, peerField, peerPolicyField, peerRootField, peersAnswer } from '../../contract/peers.js'
import type { PeerListed, PeerShown } from '../../contract/peers.js'
import type { Limits } from '../../limits/limits.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { attempt } from '../../mls/bytes/refusal.js'
import type { Domain } from '../../mls/wire/ids.js'
import { parseCertificate } from '../../mls/x509/certificate.js'
import { malformed } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { pageLimit } from '../http/withinLimits.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { peerActRoutes } from './peerActs.js'
import type { ResetPeer } from './peerActs.js'
import { knownAct, recordedAct, whyBody } from './recordedAct.js'
import { positionOnly } from '../http/positionOnly.js'

export type PeersForOperators = {
  /** The setting FEDERATION. */
  readonly mode: 'off' | 'allow' | 'open'
  readonly listed: (page: {
    readonly after: string | undefined
    readonly limit: number
    readonly trouble: boolean
  }) => Promise<readonly PeerListed[]>
  readonly shown: (domain: Domain) => Promise<PeerShown>
  readonly reset: ResetPeer
}

export type PeersDependencies = {
  readonly streams: Streams
  readonly peers: PeersForOperators
  readonly limits: Limits
}

const tag = 'Operators'
const list = `${operatorPath}/peers`
const path = `${list}/{domain}`
const params = z.strictObject({ domain: peerField })

export const peerRoutes = ({ streams, peers, limits }: PeersDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'get',
    path: list,
    tag,
    summary: 'List other servers',
    description:
      'All that the log speaks of, by name: whether each is spoken to, what it has not got yet, and what became of the last tries. With `trouble` only those that do not answer, were away for a week, or of which a group stands still. Tries and errors are those of the process that answers, all else is the same at every process. Pass `next` back as `after`.',
    access: 'audit',
    query: z.strictObject({
      after: peerField.optional(),
      trouble: described(z.literal('only'), 'Only those that an operator should look at', 'only').optional(),
      limit: pageLimit(limits),
    }),
    success: { status: 200, body: peersAnswer },
    problems: [],
    answer: async ({ query: { after, trouble, limit } }) => {
      const found = await peers.listed({ after, limit, trouble: trouble === 'only' })
      const last = found.length < limit ? undefined : found.at(-1)
      const next = last === undefined ? {} : { next: last.domain }
      return { status: 200, body: { federation: peers.mode, peers: [...found], ...next } }
    },
  }),
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'See another server as this one knows it',
    description:
      'Beside what the list has: its root and those before it, its keys, and the groups that stand still. One that was never seen is shown as such: no root, no keys.',
    access: 'audit',
    params,
    success: { status: 200, body: peerAnswer },
    problems: [],
    answer: async ({ params: { domain } }) => ({ status: 200, body: await peers.shown(domain) }),
  }),
  operatorRoute({
    method: 'put',
    path: `${path}/policy`,
    tag,
    summary: 'Say whether another server is spoken to',
    description: 'From the next request on, in both directions and at every process.',
    access: 'operate',
    params,
    body: whyBody.extend({ policy: peerPolicyField }),
    success: positionOnly,
    problems: [],
    known: knownAct(streams),
    answer: (asked) =>
      recordedAct(streams, asked, {
        type: 'changePeerPolicy',
        peer: asked.params.domain,
        policy: asked.body.policy,
      }),
  }),
  operatorRoute({
    method: 'put',
    path: `${path}/root`,
    tag,
    summary: 'Pin the root of another server by hand',
    description: 'After it was compared with what its operator says: whoever comes with another is not believed.',
    access: 'operate',
    params,
    body: whyBody.extend({ root: peerRootField }),
    success: positionOnly,
    problems: [],
    known: knownAct(streams),
    answer: async (asked) => {
      const { root } = asked.body
      if (!isCertificate(root)) return malformed('body.root: not an X.509 certificate in DER, base64url')
      return recordedAct(streams, asked, { type: 'pinPeerRoot', peer: asked.params.domain, root })
    },
  }),
  ...peerActRoutes(streams, peers.reset),
]

const isCertificate = (root: string): boolean => {
  const bytes = fromBase64url(root)
  return bytes !== undefined && attempt(() => parseCertificate(bytes)).ok
}
