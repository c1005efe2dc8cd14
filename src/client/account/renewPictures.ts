/** Pictures outlive their time as long as a profile shows them: the client that uploaded one has it kept for another. */
import type { AssetId } from '../../mls/wire/ids.js'
import type { OwnAsset } from '../api/assets.js'
import { assetOf } from '../assets/picture.js'
import { sweepPictures } from '../assets/ownPictures.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { profileOf } from '../groups/profiles/profile.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import { isRefusal } from '../transport/refused.js'
import { profileOfUser } from './userProfile.js'

const dayMs = 24 * 3600 * 1000
/** Of a homeserver that does not say how long it keeps them. */
const keepMsUsual = 180 * dayMs
const key = 'picturesRenewed'

/** At most once a day, by the homeserver's clock, and never where this client knows of no profile. */
export const renewPicturesDaily = async (engine: Engine): Promise<void> => {
  const { api, store, saver } = engine
  if (!api.clock.isKnown() || !hasProfiles(engine)) return
  const kept = await store.get(key)
  const { at } = kept === undefined ? { at: -Infinity } : (decodeRecord(kept) as { readonly at: number })
  const now = api.clock.now()
  if (Math.abs(now - at) < dayMs) return
  await sweepPictures(engine)
  await renewPictures(engine, now)
  saver.put(key, () => encodeRecord({ at: now }))
  await saver.flush()
}

const hasProfiles = ({ account, profiles, groups }: Engine): boolean =>
  profiles.of(account.user) !== undefined || [...groups.values()].some(({ profileKey }) => profileKey !== undefined)

/** Those of this user's that end within half of their time; what no profile shows may end. */
const renewPictures = async (engine: Engine, now: number): Promise<void> => {
  const { api } = engine
  const keepMs = (await api.discover()).limits?.['assetKeepMs'] ?? keepMsUsual
  const ending = (await ownAssets(engine)).filter(
    (one) => one.class === 'keep' && one.status === 'stored' && one.expires - now < keepMs / 2,
  )
  if (ending.length === 0) return
  const shown = await shownAssets(engine)
  for (const { asset } of ending) if (shown.has(asset)) await api.assets.renew(randomId(), asset)
}

const ownAssets = async ({ api }: Engine): Promise<readonly OwnAsset[]> => {
  const found: OwnAsset[] = []
  for (let cursor: string | undefined; ;) {
    const page = await api.assets.list(cursor)
    found.push(...page.assets)
    cursor = page.next
    if (cursor === undefined) return found
  }
}

/** In the profiles of this user and of its groups, whoever set them. */
const shownAssets = async (engine: Engine): Promise<ReadonlySet<AssetId | undefined>> => {
  const own = await profileOfUser(engine, engine.account.user)
  const shown = new Set([assetOf(own?.picture)])
  for (const { group, status, profileKey } of [...engine.groups.values()]) {
    if (status !== 'active' || profileKey === undefined) continue
    try {
      shown.add(assetOf((await profileOf(engine, group))?.picture))
    } catch (error) {
      // It ended meanwhile.
      if (!isRefusal(error)) throw error
    }
  }
  return shown
}
