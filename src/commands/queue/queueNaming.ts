/** The names of a new queue: they repeat with the command that asks for it, and lead nobody back to the client that did. */
import { createHmac } from 'node:crypto'
import { idBytes, makeId } from '../../mls/wire/ids.js'
import type { Domain, QueueId } from '../../mls/wire/ids.js'
import { derivedId } from '../../streams/commandId.js'

export type QueueNames = {
  readonly queue: QueueId
  /** Stands in the event's meta instead of the client's own command id, which whoever guesses its key could recompute. */
  readonly command: string
}

/**
 * Under a secret of the server, so that a retry gets the same queue, after a restart too, and neither the id nor the
 * event says whose it is (docs/rules.md: no event and no log line joins the two).
 */
export const nameQueue = (secret: Uint8Array, domain: Domain, command: string): QueueNames => {
  const keyed = (what: string): Buffer => createHmac('sha256', secret).update(`queue ${what}\n${command}`).digest()
  return {
    queue: makeId('queue', domain, new Uint8Array(keyed('id').subarray(0, idBytes))),
    command: derivedId(keyed('command').toString('hex'), 'createQueue'),
  }
}
