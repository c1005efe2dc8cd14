/** A public group from a GroupInfo, with everything in it verified (RFC 9420 §12.4.3.1). */
import type { GroupPolicy } from './policy.js'
import type { PublicGroup } from './publicGroup.js'
import type { Result } from './refusal.js'

/** `groupInfo` is an MLSMessage; the tree (content of the ratchet_tree extension) stands inside it or beside. */
export const createPublicGroup = (
  _groupInfo: Uint8Array,
  _ratchetTree: Uint8Array | undefined,
  _policy: GroupPolicy,
): Result<PublicGroup> => {
  throw new Error('being written')
}

/** The content of the ratchet_tree extension. */
export const encodeTree = (_group: PublicGroup): Uint8Array => {
  throw new Error('being written')
}
