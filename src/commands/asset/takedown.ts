/** Taking down a digest: nothing with these bytes is taken or given any more. Re-encryption escapes it. */
import { digestShapes, parseDigestEvent } from '../../events/digest.js'
import type { DigestEvent } from '../../events/digest.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'

export type DigestState = { readonly takenDown: boolean }

export const digestAggregate: Aggregate<DigestState, DigestEvent> = {
  name: 'digest',
  initial: { takenDown: false },
  shapes: digestShapes,
  parse: parseDigestEvent,
  evolve: () => ({ takenDown: true }),
  weigh: () => 100,
}

/** `digest`: SHA-256 of the stored bytes, base64url. On `digestStream(digest)`; what is taken down already stays so. */
export const takeDownDigest: Decider<string, DigestState, DigestEvent> = (digest) => (state) =>
  state.takenDown ? accept() : accept({ type: 'DigestTakenDown', data: { digest } })
