/** Asking another server for KeyPackages of a user, with the request as its client signed it: the hub of the room, or the user's own. */
import type { Domain, UserId } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { decodeBody } from '../wire/body.js'
import { keyMaterialResponse } from '../wire/keyMaterial.js'
import type { KeyMaterialResponse } from '../wire/keyMaterial.js'
import type { Peers } from './client.js'
import { refusedBy } from './heardFromHub.js'
import { PeerUnreachable } from './peerErrors.js'

/** 256 clients, and KeyPackages of 16 KiB. */
const answerBytesMax = 5 * 1024 * 1024

export type AskedKeyMaterial = {
  readonly target: UserId
  readonly request: Uint8Array
  readonly key: string
  readonly timeoutMs: number
}

/** Throws what `Peers` throws, and PeerUnreachable for an answer that says neither yes nor no, or is of another user. */
export const askKeyMaterial = async (
  peers: Peers,
  peer: Domain,
  { target, request, key, timeoutMs }: AskedKeyMaterial,
): Promise<KeyMaterialResponse | Rejected> => {
  const answer = await peers.ask(peer, {
    method: 'POST',
    endpoint: 'keyMaterial',
    parameters: { targetUser: target },
    contentType: 'message/mls',
    headers: { 'idempotency-key': key },
    body: request,
    bytesMax: answerBytesMax,
    timeoutMs,
  })
  if (answer.status === 404 || answer.status === 403) return reject({ code: 'no-such-user' })
  if (answer.status !== 200) return refusedBy(peer, answer)
  const decoded = decodeBody(keyMaterialResponse, answer.body)
  if (!decoded.ok || decoded.value.userUri !== target) throw new PeerUnreachable(peer, 'its key material is none')
  return decoded.value
}
