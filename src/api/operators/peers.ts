/** Other servers, for operators: what is believed of each, whether it is spoken to, and its root compared by hand. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { peerAggregate } from '../../commands/peer/peer.js'
import type { Peer } from '../../commands/peer/peer.js'
import { operatorPath } from '../../contract/operators.js'
import { peerAnswer, peerField, peerPolicyField, peerRootField } from '../../contract/peers.js'
import type { PeerShown } from '../../contract/peers.js'
import { peerStream } from '../../events/peerOutbox.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { attempt } from '../../mls/bytes/refusal.js'
import { parseCertificate } from '../../mls/x509/certificate.js'
import type { Domain } from '../../mls/wire/ids.js'
import { malformed } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { positionOnly } from '../http/positionOnly.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { knownAct, recordedAct, whyBody } from './recordedAct.js'

const tag = 'Operators'
const path = `${operatorPath}/peers/{domain}`
const params = z.strictObject({ domain: peerField })

export const peerRoutes = (streams: Streams): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'See another server as this one knows it',
    description: 'One that was never seen is shown as such: no root, no keys.',
    access: 'audit',
    params,
    success: { status: 200, body: peerAnswer },
    problems: [],
    answer: async ({ params: { domain } }) => {
      const { state } = await streams.read(peerAggregate, peerStream(domain))
      return { status: 200, body: shown(domain, state) }
    },
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
]

const isCertificate = (root: string): boolean => {
  const bytes = fromBase64url(root)
  return bytes !== undefined && attempt(() => parseCertificate(bytes)).ok
}

const shown = (domain: Domain, { policy, seenAt, root, keys }: Peer): PeerShown => ({
  domain,
  policy,
  ...(seenAt === null ? {} : { seen: seenAt }),
  ...(root === null ? {} : { root, fingerprint: fingerprintOf(root) }),
  keys: keys.map(({ id, notBefore, notAfter }) => ({ id, notBefore, notAfter })),
})

const fingerprintOf = (root: string): string =>
  createHash('sha256')
    .update(fromBase64url(root) ?? new Uint8Array())
    .digest('base64url')
