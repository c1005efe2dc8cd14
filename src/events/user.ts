/** Facts about a user and its clients, in `user-<random id>`. */
import { z } from 'zod'
import { signatureAlgorithms } from '../mls/crypto/servedSuites.js'
import type { UserId } from '../mls/wire/ids.js'
import { blobReference, bytes, clientId, count, queueId, time, underSubjectKey, userId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { streamOf } from './form/streamName.js'

/** A signature key that the server vouched for. */
const vouchedKey = z.object({
  /** Which ciphersuites it signs for: mls/crypto/servedSuites.ts. */
  algorithm: z.enum(signatureAlgorithms),
  /** As it stands in an MLS leaf: raw Ed25519, or the uncompressed point. */
  signatureKey: bytes,
  /** The client's certificate, DER. */
  certificate: bytes,
  /** The intermediate that signed it, DER. */
  issuer: bytes,
  serial: z.string(),
  notAfter: time,
})
export type VouchedKey = z.infer<typeof vouchedKey>

const client = z.object({ client: clientId, directQueue: queueId, key: vouchedKey })

/** exact: found by its whole handle; prefix: by the beginning of it too; hidden: not at all. */
export const discovery = z.enum(['exact', 'prefix', 'hidden'])
/** Who may claim this user's KeyPackages: anyone not blocked, or only contacts. */
export const claimPolicy = z.enum(['anyone', 'contacts'])

export const userShapes = {
  UserRegistered: {
    schema: z.object({
      user: userId,
      /** The handle as the user wrote it, under the subject's key. */
      handle: underSubjectKey,
      handleHash: z.string(),
      first: client,
      discovery,
      claims: claimPolicy,
    }),
  },
  /** Another client, approved by an existing one: `approval` is the JWS over {aud, iat, jti, csr}. */
  ClientAdded: { schema: client.extend({ user: userId, approvedBy: clientId, approval: z.string() }) },
  /** Another signature key (another suite's scheme) of an existing client, approved likewise. */
  ClientKeyAdded: { schema: z.object({ user: userId, client: clientId, key: vouchedKey, approval: z.string() }) },
  /** What may let in one new client once: `approval` is the JWS of the client that set it. */
  RecoveryKeySet: {
    schema: z.object({
      user: userId,
      /** Ed25519. */
      publicKey: bytes,
      /** SHA-256 of what finds it. */
      locatorHash: z.string(),
      by: clientId,
      approval: z.string(),
    }),
  },
  /** Another client, approved by the recovery key, which is spent by it: `approval` is its JWS. */
  RecoveryKeyUsed: { schema: client.extend({ user: userId, recoveryKey: bytes, approval: z.string() }) },
  /** What was said before `client` came, offered by another client of its user: `offer` is sealed to that one. */
  HistoryOffered: { schema: z.object({ user: userId, client: clientId, by: clientId, offer: bytes }) },
  ClientRemoved: {
    schema: z.object({
      user: userId,
      client: clientId,
      directQueue: queueId,
      reason: z.enum(['requested', 'operator', 'inactive']),
      by: clientId.optional(),
      serials: z.array(z.string()),
    }),
  },
  /** Name and picture, opaque to the server: replaced whole. */
  UserProfileChanged: { schema: z.object({ user: userId, version: count, profile: blobReference }) },
  /** By the operator's act of that number: none of its clients is let in until it is enabled. */
  UserDisabled: { schema: z.object({ user: userId, act: count, clients: z.array(clientId) }) },
  /** An operator took its handle away: it has none from now on, and another may take that. */
  HandleWithdrawn: { schema: z.object({ user: userId }) },
  UserEnabled: { schema: z.object({ user: userId, act: count }) },
  PolicyChanged: { schema: z.object({ user: userId, discovery, claims: claimPolicy }) },
  UserDeleted: {
    schema: z.object({
      user: userId,
      handleHash: z.string(),
      clients: z.array(clientId),
      directQueues: z.array(queueId),
      serials: z.array(z.string()),
    }),
  },
  /** Written to the stream of a user that never came: whoever wins this stream wins the handle. */
  RegistrationAbandoned: { schema: z.object({ user: userId }) },
} as const
export type UserEvent = EventOf<typeof userShapes>
export const parseUserEvent = parserOf(userShapes)
export const userStream = (user: UserId): string => streamOf('user', user)
