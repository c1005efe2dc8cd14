/** Asking another server for a page of what it revoked: an extension of ours. */
import { z } from 'zod'
import { bytes, time } from '../../events/form/fields.js'
import type { SignedRevocations } from '../../mls/group/revocationList.js'
import type { RevocationsAsked } from '../../ports/peers.js'
import type { Peers } from './client.js'
import { refusedBy } from './heardFromHub.js'
import { jsonIn } from './json.js'
import { PeerNotFederating, PeerUnreachable } from './peerErrors.js'

/** The extension that a directory names, and the endpoint. */
export const revocationsExtension = 'revocations'

const answerBytesMax = 1024 * 1024
const timeoutMs = 10_000

const cursor = z.string().max(200)
const said = z.object({
  cursor,
  revoked: z.array(z.object({ serial: z.string().regex(/^[0-9a-fA-F]{1,64}$/), at: time })).max(1_000),
  next: cursor.optional(),
  time,
  issuer: bytes.max(16_384),
  signature: bytes.max(256),
})

/** Undefined where it has no such list. Nothing is verified. Throws what `Peers` throws, and PeerUnreachable for an answer that is none. */
export const askRevocations = async (
  peers: Peers,
  { domain, cursor: after }: RevocationsAsked,
): Promise<SignedRevocations | 'expired' | undefined> => {
  try {
    const answer = await peers.ask(domain, {
      method: 'GET',
      endpoint: revocationsExtension,
      parameters: { cursor: after },
      contentType: 'message/mls',
      body: new Uint8Array(),
      bytesMax: answerBytesMax,
      timeoutMs,
    })
    if (answer.status !== 200)
      return refusedBy(domain, answer).rejected.code === 'cursor-expired' ? 'expired' : none(domain)
    const read = said.safeParse(jsonIn(answer.body))
    return read.data?.cursor === after ? read.data : none(domain)
  } catch (error) {
    if (error instanceof PeerNotFederating) return undefined
    throw error
  }
}

const none = (domain: RevocationsAsked['domain']): never => {
  throw new PeerUnreachable(domain, 'its list of revocations is none', undefined, true)
}
