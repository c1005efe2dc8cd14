/** The assets that this client uploaded as pictures, each with the profile that it is for: what no profile shows any more goes. */
import { type AssetId, type GroupId, parseAssetId, type UserId } from '../../mls/wire/ids.js'
import type { Attachment } from '../content/externalPart.js'
import type { Engine } from '../engine/engine.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import { randomId } from '../crypto/random.js'
import { isRefusal } from '../transport/refused.js'
import { assetOf, isPlaced, type NewPicture, uploadPicture } from './picture.js'

/** `stray`: the profile does not show it yet, or no more. */
type OwnPicture = { readonly of: UserId | GroupId; readonly state: 'shown' | 'stray' }

/** While a picture is on its way into a profile nothing is swept. */
const lock = 'pictures'
const prefix = 'picture/'

/**
 * Has the picture uploaded before `accept` puts it into the profile; that answers the picture of the profile before. Of the two
 * files the one that no profile shows is deleted, over crashes too, when the server can be asked again.
 */
export const replacePicture = (
  engine: Engine,
  of: UserId | GroupId,
  picture: NewPicture | undefined,
  accept: (placed: Attachment | undefined) => Promise<Attachment | undefined>,
): Promise<void> =>
  engine.locks.hold(lock, async () => {
    const placed = picture === undefined || isPlaced(picture) ? picture : await uploadPicture(engine, picture)
    const asset = assetOf(placed)
    const fresh = placed === picture ? undefined : asset
    if (fresh !== undefined) await keep(engine, fresh, { of, state: 'stray' })
    try {
      const before = assetOf(await accept(placed))
      if (fresh !== undefined) await keep(engine, fresh, { of, state: 'shown' })
      if (before !== undefined && before !== asset && (await isOurs(engine, before, of)))
        await keep(engine, before, { of, state: 'stray' })
    } finally {
      await sweep(engine)
    }
  })

/** Deletes what a crash, or a server that was away, left. */
export const sweepPictures = (engine: Engine): Promise<void> => engine.locks.hold(lock, () => sweep(engine))

/**
 * A profile of the user itself was written by one of its clients. That of a group may be by another member, and name whatever it
 * likes: there the word of this client's own store counts.
 */
const isOurs = async (engine: Engine, asset: AssetId, of: UserId | GroupId): Promise<boolean> => {
  const known = (await ownPictures(engine)).find((own) => own.asset === asset)
  return known === undefined ? of === engine.account.user : known.of === of
}

const sweep = async (engine: Engine): Promise<void> => {
  for (const { asset, state } of await ownPictures(engine)) {
    if (state !== 'stray') continue
    try {
      await engine.api.assets.delete(randomId(), asset)
    } catch (error) {
      // What is gone, or was never this user's, is done with; nobody answered: another time.
      if (!isRefusal(error) || error.problem.status >= 500 || error.problem.status === 429) continue
    }
    engine.saver.remove(prefix + asset)
  }
  await engine.saver.flush()
}

const keep = async ({ saver }: Engine, asset: AssetId, own: OwnPicture): Promise<void> => {
  saver.put(prefix + asset, () => encodeRecord(own))
  await saver.flush()
}

const ownPictures = async ({ store }: Engine): Promise<readonly (OwnPicture & { readonly asset: AssetId })[]> => {
  const found: (OwnPicture & { readonly asset: AssetId })[] = []
  for (const key of await store.keys(prefix)) {
    const asset = parseAssetId(key.slice(prefix.length))
    const bytes = await store.get(key)
    if (asset !== undefined && bytes !== undefined) found.push({ asset, ...(decodeRecord(bytes) as OwnPicture) })
  }
  return found
}
