/** Facts about another server, in `peer-<domain>`: who it is to us, besides what it was sent (peerOutbox.ts). */
import { z } from 'zod'
import { bytes, count, groupId, time } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { peerOutboxShapes } from './peerOutbox.js'

/** An Ed25519 key of a server's messages. `notBefore`, `notAfter`: between these it signs. */
const federationKey = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  notBefore: time,
  notAfter: time,
})
export type PublishedKey = z.infer<typeof federationKey>
const keys = z.array(federationKey)

/** Why another root is believed than before: the old one signed it, or an operator compared it (`act`: the number of the act). */
const pinnedBy = z.discriminatedUnion('type', [
  z.object({ type: z.literal('statement'), signature: bytes }),
  z.object({ type: z.literal('operator'), act: count }),
])
export type PinnedBy = z.infer<typeof pinnedBy>

/** `byDefault`: what the settings say of domains that nobody spoke of. */
export const peerPolicy = z.enum(['allowed', 'blocked', 'byDefault'])
export type PeerPolicy = z.infer<typeof peerPolicy>

export const peerTrustShapes = {
  /** At first sight: the root of its Authentication Service, a certificate in DER, which is pinned from then on. */
  /** `former`: roots that, by their own word, led to it. At first sight alone: later that would let somebody put another before it. */
  PeerSeen: { schema: z.object({ root: bytes, keys, former: z.array(bytes).optional() }) },
  PeerKeysChanged: { schema: z.object({ keys }) },
  PeerRootPinned: { schema: z.object({ root: bytes, by: pinnedBy }) },
  /** `act`: the number of the operator's act. */
  PeerPolicyChanged: { schema: z.object({ policy: peerPolicy, act: count }) },
  /** A signature in its name was refused that came from where it asks from; once a day at most. */
  PeerSignatureRefused: { schema: z.object({}) },
  /** What it sent of a group of its own broke a rule: the group is followed no further until an operator says so (PeerReset). */
  PeerBrokeRule: { schema: z.object({ group: groupId, sequence: count, reason: z.string() }) },
} as const

export const peerShapes = { ...peerOutboxShapes, ...peerTrustShapes } as const
export type PeerEvent = EventOf<typeof peerShapes>
export const parsePeerEvent = parserOf(peerShapes)
