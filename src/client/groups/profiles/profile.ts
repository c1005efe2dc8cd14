/** The group's profile (its name, its picture): kept by the server, readable to the members alone. */
import type { GroupId } from '../../../mls/wire/ids.js'
import { replacePicture } from '../../assets/ownPictures.js'
import { type Picture, pictureOf } from '../../assets/picture.js'
import { randomId } from '../../crypto/random.js'
import type { Engine } from '../../engine/engine.js'
import { isRefusal } from '../../transport/refused.js'
import { activeRecord } from '../commit.js'
import { updateGroup } from '../groupRecord.js'
import { encodeGroupProfile, type NewGroupProfile, readGroupProfile } from './groupProfile.js'
import { newProfileKey, openProfile, profileKeyMark, sealProfile } from './profileKey.js'
import { send, silently } from '../sending/send.js'

export type Profile = {
  readonly version: number
  /** Undefined until a member has told this client the key. */
  readonly data: Uint8Array | undefined
  /** As `data` says them, where `setProfile` was given them so. */
  readonly name?: string
  readonly picture?: Picture
}

/** Undefined when there is none. */
export const profileOf = async (engine: Engine, group: GroupId): Promise<Profile | undefined> => {
  const { version, profile } = await engine.api.groups.profile(group)
  if (version === 0) return undefined
  const key = engine.groups.get(group)?.profileKey
  const data = key === undefined ? undefined : await openProfile(key, group, profile)
  if (data === undefined) return { version, data }
  const { picture, ...said } = readGroupProfile(data)
  return { version, data, ...said, ...(picture === undefined ? {} : { picture: pictureOf(engine, picture) }) }
}

/** A new key for each version: whoever was removed meanwhile knows the old one at most. */
export const setProfile = async (
  engine: Engine,
  group: GroupId,
  profile: Uint8Array | NewGroupProfile,
): Promise<void> => {
  activeRecord(engine, group)
  const picture = profile instanceof Uint8Array ? readGroupProfile(profile).picture : profile.picture
  await replacePicture(engine, group, picture, async (placed) => {
    const before = await currentOf(engine, group)
    const data = profile instanceof Uint8Array ? profile : encodeGroupProfile(profile, placed)
    await putProfile(engine, group, data, before?.version ?? 0)
    return before?.picture
  })
  await tellProfileKey(engine, group)
}

const putProfile = async (engine: Engine, group: GroupId, data: Uint8Array, after: number): Promise<void> => {
  const profileKey = newProfileKey()
  await engine.api.groups.setProfile(randomId(), group, await sealProfile(profileKey, group, data), after)
  await engine.locks.hold(group, async () => {
    updateGroup(engine, group, { profileKey })
    await engine.saver.flush()
  })
}

const currentOf = async (engine: Engine, group: GroupId): Promise<Profile | undefined> => {
  try {
    return await profileOf(engine, group)
  } catch (error) {
    if (isRefusal(error) && error.problem.status === 404) return undefined
    throw error
  }
}

/** Told to all, whenever it is new or somebody is. */
export const tellProfileKey = async (engine: Engine, group: GroupId): Promise<void> => {
  const key = engine.groups.get(group)?.profileKey
  if (key !== undefined) await send(engine, group, silently(key, profileKeyMark))
}
