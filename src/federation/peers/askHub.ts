/** A request by which the hub of a group takes something, or refuses it. */
import { domainOf } from '../../mls/wire/ids.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { OutboundAnswer } from '../../ports/outbound.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Peers } from './client.js'
import { refusedBy } from './heardFromHub.js'
import { PeerUnreachable } from './peerErrors.js'

/** `accepted`: the id by which the hub sends it back, where it says so. */
export type Submitted = { readonly at: number; readonly accepted: string | undefined }

type AskingHub = {
  readonly group: GroupId
  readonly endpoint: string
  /** The Idempotency-Key. */
  readonly key: string
  /** The draft's unless said otherwise. */
  readonly contentType?: string
  readonly body: Uint8Array
  readonly bytesMax: number
  readonly timeoutMs: number
}

/**
 * What the hub says; `heardIn` reads it from the endpoint's own struct, undefined where it is none. Throws what `Peers` throws, and
 * PeerUnreachable for an answer that says neither yes nor no.
 */
export const askHub = async <Heard extends object = Submitted>(
  peers: Peers,
  { group, key, contentType = 'message/mls', ...asked }: AskingHub,
  heardIn: (answer: OutboundAnswer) => Heard | Rejected | undefined,
): Promise<Heard | Rejected> => {
  const hub = domainOf(group)
  const answer = await peers.ask(hub, {
    ...asked,
    method: 'POST',
    parameters: { roomId: group },
    contentType,
    headers: { 'idempotency-key': key },
  })
  if (answer.status !== 200) return refusedBy(hub, answer)
  const heard = heardIn(answer)
  if (heard === undefined) throw new PeerUnreachable(hub, `its answer to ${asked.endpoint} is none`)
  return heard
}
