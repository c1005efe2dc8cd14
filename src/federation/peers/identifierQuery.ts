/** Asking another server for a user of its own by handle. */
import { domainOf, parseUserId } from '../../mls/wire/ids.js'
import type { Domain, UserId } from '../../mls/wire/ids.js'
import type { HandleElsewhere } from '../../ports/peers.js'
import type { Rejected } from '../../streams/rejection.js'
import { requesterExtension } from '../requesterExtension.js'
import { decodeBody, encodeBody } from '../wire/body.js'
import { identifierRequest, identifierResponse } from '../wire/identifierQuery.js'
import type { Peers } from './client.js'
import { refusedBy } from './heardFromHub.js'
import { PeerUnreachable } from './peerErrors.js'

const answerBytesMax = 64 * 1024
const timeoutMs = 10_000

/** Nobody where nobody may be found by it. Throws what `Peers` throws, and PeerUnreachable for an answer that is none. */
export const identifierQuery = async (
  peers: Peers,
  { domain, handle, by }: HandleElsewhere,
): Promise<readonly UserId[]> => {
  const request = { elements: [{ type: 'handle', value: handle }], extensions: [requesterExtension(by)] } as const
  const answer = await peers.ask(domain, {
    method: 'POST',
    endpoint: 'identifierQuery',
    parameters: { domain },
    contentType: 'message/mls',
    body: encodeBody(identifierRequest, request),
    bytesMax: answerBytesMax,
    timeoutMs,
  })
  if (answer.status !== 200) throw notNow(domain, refusedBy(domain, answer))
  const decoded = decodeBody(identifierResponse, answer.body)
  if (!decoded.ok) throw new PeerUnreachable(domain, 'its answer to a query is none')
  return decoded.value.code === 'success' ? decoded.value.uris.flatMap((uri) => userOf(domain, uri)) : []
}

/** Whoever refuses to look somebody up is there, and goes on being asked for everything else. */
const notNow = (domain: Domain, { rejected }: Rejected): PeerUnreachable =>
  new PeerUnreachable(domain, rejected.code, rejected.code === 'rate-limited' ? rejected.retryAfter : undefined, true)

/** A peer speaks for its own users. */
const userOf = (domain: Domain, uri: string): readonly UserId[] => {
  const user = parseUserId(uri)
  return user !== undefined && domainOf(user) === domain ? [user] : []
}
