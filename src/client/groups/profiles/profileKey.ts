/** The key of a group's encrypted profile: members tell it each other in messages that the application does not see. */
import { equalBytes } from '../../../mls/bytes/bytes.js'
import type { GroupId, UserId } from '../../../mls/wire/ids.js'
import { randomBytes } from '../../crypto/random.js'
import type { Engine } from '../../engine/engine.js'
import { updateGroup } from '../groupRecord.js'

/** The authenticated data that marks such a message; its plaintext is the key. */
const mark = new TextEncoder().encode('mls-homeserver profile key 1')
const keyBytes = 32
const nonceBytes = 12

export const profileKeyMark = mark

/** Whether the message was one of these. The caller is applying it. */
export const takeControlMessage = (
  engine: Pick<Engine, 'groups' | 'saver' | 'inbox'>,
  group: GroupId,
  authenticatedData: Uint8Array,
  plaintext: Uint8Array,
): boolean => {
  if (!equalBytes(authenticatedData, mark)) return false
  const known = engine.groups.get(group)?.profileKey
  // It is told again whenever somebody is added.
  if (plaintext.length !== keyBytes || (known !== undefined && equalBytes(known, plaintext))) return true
  updateGroup(engine, group, { profileKey: plaintext.slice() })
  engine.inbox.push({ type: 'profileReadable', group })
  return true
}

export const newProfileKey = (): Uint8Array => randomBytes(keyBytes)

/** AES-256-GCM, the id of the group, or of the user, as associated data. */
export const sealProfile = async (
  key: Uint8Array,
  owner: GroupId | UserId,
  profile: Uint8Array,
): Promise<Uint8Array> => {
  const iv = randomBytes(nonceBytes)
  const sealed = await crypto.subtle.encrypt(algorithm(iv, owner), await importKey(key), new Uint8Array(profile))
  return Uint8Array.of(...iv, ...new Uint8Array(sealed))
}

/** Undefined when it was sealed with another key. */
export const openProfile = async (
  key: Uint8Array,
  owner: GroupId | UserId,
  sealed: Uint8Array,
): Promise<Uint8Array | undefined> => {
  try {
    const iv = sealed.slice(0, nonceBytes)
    const opened = await crypto.subtle.decrypt(algorithm(iv, owner), await importKey(key), sealed.slice(nonceBytes))
    return new Uint8Array(opened)
  } catch {
    return undefined
  }
}

const algorithm = (iv: Uint8Array, owner: GroupId | UserId): AesGcmParams => ({
  name: 'AES-GCM',
  iv: new Uint8Array(iv),
  additionalData: new TextEncoder().encode(owner),
})

const importKey = (key: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', new Uint8Array(key), 'AES-GCM', false, ['encrypt', 'decrypt'])
