/** Which profile each user told this client of: what opens it, and which bytes it is. */
import { equalBytes } from '../../mls/bytes/bytes.js'
import { parseUserId, type UserId } from '../../mls/wire/ids.js'
import type { Saver } from '../engine/saver.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Store } from '../store/store.js'
import type { UserProfile } from '../content/userProfile.js'

/** What a user tells those who may read its profile. */
export type ProfileShare = {
  /** When it was made, ms by the server's clock: the newest counts. */
  readonly at: number
  readonly key: Uint8Array
  /** SHA-256 of the ciphertext: neither the server nor whoever else knows the key can put another in its place. */
  readonly digest: Uint8Array
}

/** `opened`: its content, once it was read. */
export type KnownProfile = ProfileShare & { readonly opened?: UserProfile }

export type Profiles = {
  readonly of: (user: UserId) => KnownProfile | undefined
  /** Whether it is news. */
  readonly learn: (user: UserId, share: ProfileShare) => boolean
  readonly keepOpened: (user: UserId, opened: UserProfile) => void
}

const prefix = 'profile/'

export const loadProfiles = async (store: Store, saver: Saver): Promise<Profiles> => {
  const known = new Map<UserId, KnownProfile>()
  for (const key of await store.keys(prefix)) {
    const user = parseUserId(key.slice(prefix.length))
    const bytes = await store.get(key)
    if (user !== undefined && bytes !== undefined) known.set(user, decodeRecord(bytes) as KnownProfile)
  }
  const keep = (user: UserId, profile: KnownProfile): void => {
    known.set(user, profile)
    saver.put(prefix + user, () => encodeRecord(profile))
  }
  return {
    of: (user) => known.get(user),
    learn: (user, share) => {
      const before = known.get(user)
      if (before !== undefined && (equalBytes(before.digest, share.digest) || before.at > share.at)) return false
      keep(user, share)
      return true
    },
    keepOpened: (user, opened) => {
      const profile = known.get(user)
      if (profile !== undefined) keep(user, { ...profile, opened })
    },
  }
}

const keyBytes = 32
const timeBytes = 8
const shareBytes = timeBytes + keyBytes + 32

/** `uint64 at ‖ opaque key[32] ‖ opaque digest[32]`. */
export const encodeShare = ({ at, key, digest }: ProfileShare): Uint8Array => {
  const bytes = new Uint8Array(shareBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(at))
  bytes.set(key, timeBytes)
  bytes.set(digest, timeBytes + keyBytes)
  return bytes
}

export const decodeShare = (bytes: Uint8Array): ProfileShare | undefined => {
  if (bytes.length !== shareBytes) return undefined
  const at = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)
  if (at > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  return {
    at: Number(at),
    key: bytes.slice(timeBytes, timeBytes + keyBytes),
    digest: bytes.slice(timeBytes + keyBytes),
  }
}
