/** The group's profile (its name, its picture): kept by the server, readable to the members alone. */
import type { GroupId } from '../../mls/wire/ids.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { isRefusal } from '../transport/refused.js'
import { activeRecord } from './commit.js'
import { updateGroup } from './groupRecord.js'
import { newProfileKey, openProfile, profileKeyMark, sealProfile } from './profileKey.js'
import { send } from './send.js'

export type Profile = {
  readonly version: number
  /** Undefined until a member has told this client the key. */
  readonly data: Uint8Array | undefined
}

/** Undefined when there is none. */
export const profileOf = async (engine: Engine, group: GroupId): Promise<Profile | undefined> => {
  const { version, profile } = await engine.api.groups.profile(group)
  if (version === 0) return undefined
  const key = engine.groups.get(group)?.profileKey
  return { version, data: key === undefined ? undefined : await openProfile(key, group, profile) }
}

/** A new key for each version: whoever was removed meanwhile knows the old one at most. */
export const setProfile = async (engine: Engine, group: GroupId, profile: Uint8Array): Promise<void> => {
  activeRecord(engine, group)
  const profileKey = newProfileKey()
  await engine.api.groups.setProfile(
    randomId(),
    group,
    await sealProfile(profileKey, group, profile),
    await versionOf(engine, group),
  )
  await engine.locks.hold(group, async () => {
    updateGroup(engine, group, { profileKey })
    await engine.saver.flush()
  })
  await tellProfileKey(engine, group)
}

const versionOf = async (engine: Engine, group: GroupId): Promise<number> => {
  try {
    return (await engine.api.groups.profile(group)).version
  } catch (error) {
    if (isRefusal(error) && error.problem.status === 404) return 0
    throw error
  }
}

/** Told to all, whenever it is new or somebody is. */
export const tellProfileKey = async (engine: Engine, group: GroupId): Promise<void> => {
  const key = engine.groups.get(group)?.profileKey
  if (key !== undefined) await send(engine, group, key, profileKeyMark)
}
