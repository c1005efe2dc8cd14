/** Opening sealed queue references, once each: an HPKE opening costs as much as a signature. */
import type { SealedReference } from '../events/form/fields.js'
import type { QueueId } from '../mls/wire/ids.js'
import { keepNewest } from '../structures/newest.js'

/** The queue of this homeserver that a leaf's reference names; undefined for another's, or when it does not open. */
export type OpenReference = (sealed: SealedReference) => QueueId | undefined

const rememberedMax = 20_000

/** Remembers the newest answers: the projection and delivery open the same references one after the other. */
export const rememberReferences = (open: OpenReference, max = rememberedMax): OpenReference => {
  const known = keepNewest<string, QueueId | undefined>(max)
  return (sealed) => {
    const name = `${sealed.reference} ${sealed.signatureKey}`
    if (known.has(name)) return known.get(name)
    const queue = open(sealed)
    known.set(name, queue)
    return queue
  }
}
