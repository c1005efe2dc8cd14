/** Telling another server what a user of ours says to one of its own. */
import type { Word } from '../../items/contactWord.js'
import { domainOf } from '../../mls/wire/ids.js'
import { consentOf } from '../contacts/consentOf.js'
import { encodeBody } from '../wire/body.js'
import { consentEntry } from '../wire/consent.js'
import type { Peers } from './client.js'
import { PeerUnreachable } from './peerErrors.js'

const answerBytesMax = 16 * 1024
const timeoutMs = 15_000

/** Nothing that is tried again makes them better. */
const neverTaken: readonly number[] = [400, 409, 413, 415, 422]

/** Whether it was taken, later where that user asks too often; no server says what came of it. `key`: the same for the same word. Throws what `Peers` throws, and PeerUnreachable for no answer. */
export const tellConsent = async (
  peers: Peers,
  word: Word,
  key: string,
  signal: AbortSignal,
): Promise<'told' | 'refused' | 'later'> => {
  const peer = domainOf(word.other)
  const { endpoint, parameters, entry } = consentOf(word)
  const { status } = await peers.ask(peer, {
    method: 'POST',
    endpoint,
    parameters,
    contentType: 'message/mls',
    headers: { 'idempotency-key': key },
    body: encodeBody(consentEntry, entry),
    bytesMax: answerBytesMax,
    timeoutMs,
    signal,
  })
  if (status === 201) return 'told'
  if (status === 429) return 'later'
  if (neverTaken.includes(status)) return 'refused'
  throw new PeerUnreachable(peer, `${endpoint} is answered with ${status}`)
}
