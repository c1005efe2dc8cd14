/**
 * requestConsent and updateConsent: what a user of another server says to one of ours. The answer is the same whatever comes of it,
 * and so is the time it takes: nobody learns by it who is here, or who blocked whom.
 */
import { z } from 'zod'
import type { Charge } from '../../api/http/budgets/rateLimits.js'
import type { Reply } from '../../api/http/route.js'
import { userAggregate } from '../../commands/account/user.js'
import { contactsAggregate, requestConnection } from '../../commands/contacts/contacts.js'
import type { ContactsState } from '../../commands/contacts/contacts.js'
import { endContact, grantContact } from '../../commands/contacts/elsewhere.js'
import { contactsStream } from '../../events/contacts.js'
import type { ContactsEvent } from '../../events/contacts.js'
import { userStream } from '../../events/user.js'
import type { Limits } from '../../limits/limits.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { domainOf, parseDomain, parseUserId } from '../../mls/wire/ids.js'
import type { Domain, UserId } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import { derivedId } from '../../streams/commandId.js'
import type { CommandContext, Decide } from '../../streams/decider.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { letterIn } from '../letterExtension.js'
import { decodeBody } from '../wire/body.js'
import { consentEntry } from '../wire/consent.js'
import type { ConsentEntry } from '../wire/consent.js'
import { newcomersPay } from './counters.js'
import { peerRoute } from './door.js'
import type { PeerPrincipal, PeerRoute } from './door.js'
import { refuseBody } from './refuseBody.js'

export const requestConsentPath = '/federation/v1/requestConsent/{targetDomain}'
export const updateConsentPath = '/federation/v1/updateConsent/{requesterDomain}'

export type ConsentDependencies = {
  readonly streams: Pick<Streams, 'read' | 'execute'>
  readonly domain: Domain
  readonly limits: Pick<Limits, 'connectionRequestBytesMax' | 'connectionRequestsPendingMax'>
  readonly clock: Pick<Clock, 'sleep'>
}

/** No answer before that: whether something was written is not to be seen by it. */
export const answerMs = 250

export const consentRoutes = (deps: ConsentDependencies): readonly PeerRoute[] => [
  consentRoute(deps, {
    path: requestConsentPath,
    domainParam: 'targetDomain',
    summary: 'Ask a user of ours for contact, or no longer',
    operations: ['request', 'cancel'],
  }),
  consentRoute(deps, {
    path: updateConsentPath,
    domainParam: 'requesterDomain',
    summary: 'Answer a user of ours that asked for contact',
    operations: ['grant', 'revoke'],
  }),
]

type Endpoint = {
  readonly path: string
  readonly domainParam: 'targetDomain' | 'requesterDomain'
  readonly summary: string
  readonly operations: readonly ConsentEntry['operation'][]
}

const consentRoute = (deps: ConsentDependencies, { path, domainParam, summary, operations }: Endpoint): PeerRoute =>
  peerRoute({
    method: 'post',
    path,
    tag: 'Federation',
    summary,
    description:
      'ConsentEntry of draft-ietf-mimi-protocol-06, as message/mls, of a user of the peer. The answer does not say what comes of it. An Idempotency-Key makes a repeated entry the same one.',
    access: 'peer',
    params: z.strictObject({ [domainParam]: z.string().max(253) }),
    mls: true,
    success: { status: 201, mls: true },
    problems: ['identity-mismatch', 'unsupported-message', 'too-large'],
    // Whether it was done before is known of users that are there alone.
    known: 'unrecorded',
    answer: async ({ principal, params, mls, command, charge }): Promise<Reply> => {
      if (parseDomain(String(Object.values(params)[0])) !== deps.domain)
        return malformed(`path.${domainParam} is not ours`)
      const said = mls === undefined ? malformed('the body is a ConsentEntry') : saidIn(mls, operations, deps.limits)
      if ('rejected' in said) return said
      if (domainOf(said.by) !== principal.domain)
        return reject({ code: 'identity-mismatch', detail: 'who says it is no user of that server' })
      if (domainOf(said.user) !== deps.domain) return malformed('the other user is not ours')
      const limited = said.operation === 'request' ? await charge(said.by, costsOf(said, principal)) : undefined
      if (limited !== undefined) return limited
      const never = new AbortController().signal
      await Promise.all([record(deps, said, command), deps.clock.sleep(answerMs, never)])
      return { status: 201, mls: nothing }
    },
  })

/** Answers, and whoever is gone, cost nothing: there are no more of them than there were requests. */
const costsOf = ({ by, user }: Said, peer: PeerPrincipal): readonly Charge[] => [
  { rate: 'connectionRequestsPerRequester', key: by },
  { rate: 'connectionRequestsPerPeerAndTarget', key: `${peer.domain} ${user}` },
  ...newcomersPay('claimsPerNewPeer', peer),
]

type Said = {
  readonly operation: ConsentEntry['operation']
  readonly by: UserId
  readonly user: UserId
  readonly letter: Uint8Array | undefined
}

const saidIn = (
  body: Uint8Array,
  operations: Endpoint['operations'],
  { connectionRequestBytesMax: max }: ConsentDependencies['limits'],
): Said | Rejected => {
  const decoded = decodeBody(consentEntry, body)
  if (!decoded.ok) return refuseBody(decoded.refusal)
  const { operation, requesterUri, targetUri, roomId, extensions } = decoded.value
  if (!operations.includes(operation)) return malformed(`${operation} is for the other endpoint`)
  // Consent is to a user here: taken for all rooms it would be more than was given.
  if (roomId !== undefined) return reject({ code: 'unsupported-message', reason: 'consentForRoom' })
  const [requester, target] = [parseUserId(requesterUri), parseUserId(targetUri)]
  if (requester === undefined || target === undefined) return malformed('requesterUri and targetUri are users')
  const letter = letterIn(extensions)
  if (letter !== undefined && letter.length > max) return reject({ code: 'too-large', max, actual: letter.length })
  const asks = operation === 'request' || operation === 'cancel'
  return { operation, by: asks ? requester : target, user: asks ? target : requester, letter }
}

/** What the user's own stream makes of it; who is not there makes nothing of it. */
const record = async (
  { streams, limits }: ConsentDependencies,
  { user, ...said }: Said,
  command: CommandContext,
): Promise<void> => {
  const stream = contactsStream(user)
  const { state } = await streams.read(userAggregate, userStream(user))
  await streams.read(contactsAggregate, stream)
  if (state.status !== 'active') return
  await streams.execute(contactsAggregate, stream, command, decision({ user, ...said }, command, limits))
}

const decision = (
  { operation, user, by, letter }: Said,
  { id }: CommandContext,
  { connectionRequestsPendingMax: pendingMax }: ConsentDependencies['limits'],
): Decide<ContactsState, ContactsEvent> => {
  switch (operation) {
    case 'request': {
      // Of our own making: no server names a request that another one's user made.
      const request = derivedId(id, 'requestConsent')
      return requestConnection({ user, from: by, request, ciphertext: toBase64url(letter ?? nothing), pendingMax })
    }
    case 'grant':
      return grantContact({ user: by, from: user, ciphertext: letter === undefined ? undefined : toBase64url(letter) })
    case 'cancel':
    case 'revoke':
      return endContact({ user, by })
  }
}

const nothing = new Uint8Array()
