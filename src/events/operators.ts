/** What operators did, in the one stream `operators`: who, what, and why, in their own words; and their tokens. */
import { z } from 'zod'
import { bytes, clientId, count, digest, domainName, groupId, time, userId } from './form/fields.js'
import { operatorRole } from './operatorRole.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { peerPolicy } from './peer.js'
import { reportId, reportOutcome } from './report.js'
import { rotation } from './server.js'
import { limitName, limitValue } from './policy.js'

/** In logs, lists and the words of people. */
export const tokenName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,31}$/)
/** The name that a server's own start gives: of OPERATOR_TOKEN, of what a first start makes, of `operator-token --new`. */
export const ownTokenName = 'operator'

/** Of the token's hash, base64url. */
const fingerprintChars = 16
/** `tokenHash`: SHA-256 of the token, base64url. */
export const fingerprintOf = (tokenHash: string): string => tokenHash.slice(0, fingerprintChars)
const fingerprint = z.string().regex(/^[A-Za-z0-9_-]{16}$/)

/** Who has a token is known by its fingerprint, and by its name where it had one. Never the token. */
const operatorName = z.object({ token: fingerprint, name: tokenName.optional() })
export type OperatorName = z.infer<typeof operatorName>

/** Who may register: anyone, nobody, or whoever was invited. */
export const registrationMode = z.enum(['open', 'closed', 'invitation'])
export type RegistrationMode = z.infer<typeof registrationMode>

export const readModelChange = z.enum(['rebuild', 'flip', 'rollback', 'drop'])
export type ReadModelChange = z.infer<typeof readModelChange>

/** Everything that an operator can do: each with what it was done to. */
const operatorAct = z.discriminatedUnion('type', [
  /** No upload or download of bytes with this SHA-256 any more, until it is lifted. */
  z.object({ type: z.literal('takeDown'), digest }),
  z.object({ type: z.literal('liftTakedown'), digest }),
  /** The clock of the servers is right. */
  z.object({ type: z.literal('acceptClock') }),
  /** Another token, `token` by its fingerprint. */
  z.object({
    type: z.literal('issueToken'),
    token: fingerprint,
    name: tokenName,
    role: operatorRole,
    expires: time.optional(),
  }),
  z.object({ type: z.literal('revokeToken'), token: fingerprint, name: tokenName }),
  /** Who may register. */
  z.object({ type: z.literal('changeRegistration'), registration: registrationMode }),
  /** `invitation`: SHA-256 of its token; `handleHash`: of the handle that it keeps. */
  z.object({
    type: z.literal('makeInvitation'),
    invitation: digest,
    expires: time,
    handleHash: digest.optional(),
  }),
  z.object({ type: z.literal('revokeInvitation'), invitation: digest }),
  /** Whether another server is spoken to. */
  z.object({ type: z.literal('changePeerPolicy'), peer: domainName, policy: peerPolicy }),
  /** `root`: the certificate of its Authentication Service that is believed from now on, DER. */
  z.object({ type: z.literal('pinPeerRoot'), peer: domainName, root: bytes }),
  /** Whether anything is sent to another server. */
  z.object({ type: z.literal('changePeerSending'), peer: domainName, sending: z.boolean() }),
  /** What was given up of it for now is tried again. */
  z.object({ type: z.literal('resetPeer'), peer: domainName }),
  /** The messages that it has not got are given up. */
  z.object({ type: z.literal('dropPeerBacklog'), peer: domainName }),
  /** What becomes of a read model's builds: folded again, turned to, turned back, given up. */
  z.object({ type: z.literal('changeReadModel'), projection: z.string(), change: readModelChange }),
  /** What a read model could not take counts no longer. */
  z.object({ type: z.literal('skipParked'), projection: z.string(), stream: z.string(), revision: count }),
  /** Another of the server's keys is used. */
  rotation.extend({ type: z.literal('rotateKey') }),
  /** Saw what the server has of one person. */
  z.object({ type: z.literal('lookAtUser'), user: userId }),
  z.object({ type: z.literal('disableUser'), user: userId }),
  z.object({ type: z.literal('enableUser'), user: userId }),
  z.object({ type: z.literal('withdrawHandle'), user: userId }),
  z.object({ type: z.literal('removeUser'), user: userId }),
  z.object({ type: z.literal('removeClient'), user: userId, client: clientId }),
  z.object({ type: z.literal('deleteGroup'), group: groupId }),
  /** Gave a wedged group up, whoever its admins are. */
  z.object({ type: z.literal('resetGroup'), group: groupId }),
  /** Saw what somebody reported. */
  z.object({ type: z.literal('lookAtReport'), report: reportId }),
  z.object({ type: z.literal('closeReport'), report: reportId, outcome: reportOutcome }),
  /** How much there may be of something, until it is reset. */
  z.object({ type: z.literal('setLimit'), name: limitName, value: limitValue }),
  z.object({ type: z.literal('resetLimit'), name: limitName }),
  /** Whether clients and peers only read. */
  z.object({ type: z.literal('changeMaintenance'), on: z.boolean() }),
])
export type OperatorAct = z.infer<typeof operatorAct>

/** Characters. */
export const whyMax = 500

export const operatorsShapes = {
  /**
   * A token, by its SHA-256, base64url. Under one name the newest holds. The first shape had a hash alone, and the newest one
   * was the operator's.
   */
  OperatorTokenIssued: {
    schema: z.object({ tokenHash: z.string(), name: tokenName, role: operatorRole, expires: time.optional() }),
    lifts: [(data: unknown) => ({ ...(data as { readonly tokenHash: string }), name: ownTokenName, role: 'admin' })],
  },
  RegistrationChanged: { schema: z.object({ registration: registrationMode }) },
  OperatorTokenRevoked: { schema: z.object({ tokenHash: z.string(), name: tokenName }) },
  /**
   * Written before what it does (commands/chains/operatorAct.ts): nothing is done that is not on record. `number` counts
   * acts from 1: where two are about the same thing, the later one holds, whichever was done first.
   */
  OperatorActed: {
    schema: z.object({ number: z.number().int().min(1), by: operatorName, what: operatorAct, why: z.string().min(1) }),
  },
} as const
export type OperatorsEvent = EventOf<typeof operatorsShapes>
export const parseOperatorsEvent = parserOf(operatorsShapes)
export const operatorsStream = 'operators'
