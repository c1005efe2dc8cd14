/** Who a person says to be: a name and a picture, kept by the server as ciphertext, readable to whom the key was told. */
import { equalBytes } from '../../mls/bytes/bytes.js'
import type { UserId } from '../../mls/wire/ids.js'
import { replacePicture } from '../assets/ownPictures.js'
import { type NewPicture, type Picture, pictureOf } from '../assets/picture.js'
import { Malformed } from '../content/malformed.js'
import { decodeUserProfile, encodeUserProfile, type UserProfile } from '../content/userProfile.js'
import { sha256 } from '../crypto/digest.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { updateGroup } from '../groups/groupRecord.js'
import { newProfileKey, openProfile, sealProfile } from '../groups/profiles/profileKey.js'
import { isRefusal } from '../transport/refused.js'

/** `picture`: a file, or the one that the profile has already; without it there is none. */
export type NewUserProfile = { readonly name: string; readonly picture?: NewPicture | undefined }

/** A new key for each version. The clients of all groups are told it in the background. */
export const setUserProfile = (engine: Engine, { name, picture }: NewUserProfile): Promise<void> =>
  engine.locks.hold('profile', () =>
    replacePicture(engine, engine.account.user, picture, async (placed) => {
      const before = await profileOfUser(engine, engine.account.user)
      await putProfile(engine, placed === undefined ? { name } : { name, picture: placed })
      return before?.picture
    }),
  )

const putProfile = async (engine: Engine, profile: UserProfile): Promise<void> => {
  const { user } = engine.account
  const key = newProfileKey()
  const sealed = await sealProfile(key, user, encodeUserProfile(profile))
  const { version } = await engine.api.account.profile(user)
  await engine.api.account.setProfile(randomId(), sealed, version)
  engine.profiles.learn(user, { at: engine.api.clock.now(), key, digest: await sha256(sealed) })
  engine.profiles.keepOpened(user, profile)
  for (const { group, status } of [...engine.groups.values()]) {
    if (status !== 'active') continue
    updateGroup(engine, group, { ownProfile: 'soon' })
    engine.settleSoon(group)
  }
  await engine.saver.flush()
}

/** Undefined where none was told to this client, or where the server has another by now: then it is about to be told. */
export const profileOfUser = async (engine: Engine, user: UserId): Promise<UserProfile | undefined> => {
  const share = engine.profiles.of(user)
  if (share === undefined || share.opened !== undefined) return share?.opened
  const sealed = await sealedOf(engine, user)
  if (sealed === undefined || !equalBytes(await sha256(sealed), share.digest)) return undefined
  const opened = await openProfile(share.key, user, sealed)
  const profile = opened === undefined ? undefined : readable(opened)
  if (profile !== undefined) engine.profiles.keepOpened(user, profile)
  await engine.saver.flush()
  return profile
}

export type SeenProfile = { readonly name: string; readonly picture?: Picture }

/** With a picture that can be fetched. */
export const seenProfile = async (engine: Engine, user: UserId): Promise<SeenProfile | undefined> => {
  const profile = await profileOfUser(engine, user)
  if (profile?.picture === undefined) return profile === undefined ? undefined : { name: profile.name }
  return { name: profile.name, picture: pictureOf(engine, profile.picture) }
}

const sealedOf = async (engine: Engine, user: UserId): Promise<Uint8Array | undefined> => {
  try {
    return (await engine.api.account.profile(user)).profile
  } catch (error) {
    if (isRefusal(error, 'no-such-user')) return undefined
    throw error
  }
}

/** Another application may write it otherwise. */
const readable = (bytes: Uint8Array): UserProfile | undefined => {
  try {
    return decodeUserProfile(bytes)
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}
