/** A member's profile as it told the group: in a message that the application does not see. */
import { equalBytes } from '../../../mls/bytes/bytes.js'
import type { UserId } from '../../../mls/wire/ids.js'
import { decodeShare } from '../../account/profiles.js'
import type { Engine } from '../../engine/engine.js'

/** The authenticated data that marks such a message; its plaintext is the share. */
export const userProfileMark = new TextEncoder().encode('mls-homeserver user profile 1')

/** Whether the message was one of these. The caller is applying it. */
export const takeUserProfile = (
  { profiles, inbox }: Pick<Engine, 'profiles' | 'inbox'>,
  user: UserId,
  authenticatedData: Uint8Array,
  plaintext: Uint8Array,
): boolean => {
  if (!equalBytes(authenticatedData, userProfileMark)) return false
  const share = decodeShare(plaintext)
  if (share !== undefined && profiles.learn(user, share)) inbox.push({ type: 'userProfileChanged', user })
  return true
}
