/** The client's KeyPackages: published ones and the private keys that open their Welcomes. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import { sealQueueReference } from '../crypto/sealQueueReference.js'
import { randomId } from '../crypto/random.js'
import { loadSuite } from '../member/suite.js'
import { makeKeyPackage, type OwnKeyPackage } from '../member/ownKeyPackage.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Engine } from '../engine/engine.js'
import type { KeyPackageNeed } from '../engine/work.js'
import { leafIdentityOf } from './account.js'

/** What is published is brought back to this many, once a quarter of them are left. */
const publishedWanted = 20
const publishedLow = publishedWanted / 4
/** A last-resort package is renewed when less of its life is left. */
const renewBeforeMs = 30 * 24 * 3600 * 1000

const prefix = 'keyPackage/'
const keyOf = (ref: Uint8Array): string => prefix + toBase64url(ref)

/** Without the server's clock its lifetime is by this machine's. */
type Identified = Pick<Engine, 'account' | 'cipherSuite'> & { readonly api?: Pick<Engine['api'], 'clock'> }

/** A KeyPackage that is not published: for a group of one's own, or an external Commit. */
export const newKeyPackage = async (
  { account, cipherSuite, api }: Identified,
  lastResort = false,
  queueKey = account.queueKey,
): Promise<OwnKeyPackage> =>
  makeKeyPackage({
    suite: await loadSuite(cipherSuite),
    identity: leafIdentityOf(account),
    queueReference: await sealQueueReference(account.queue, queueKey, account.signatureKey),
    lastResort,
    now: api?.clock.now() ?? Date.now(),
  })

/** Publishes what the server runs out of. A last-resort package that was used is replaced, its keys kept for Welcomes on their way. */
export const replenishKeyPackages = async (engine: Engine, need: KeyPackageNeed): Promise<void> => {
  const published = (await engine.api.keyPackages.published()).find(
    ({ cipherSuite }) => cipherSuite === engine.cipherSuite,
  )
  const replace = need === 'all'
  const count = replace ? 0 : (published?.count ?? 0)
  const missing = count > publishedLow ? 0 : publishedWanted - count
  const needsLastResort = need !== 'low' || published?.lastResort !== true || (await lastResortIsOld(engine))
  if (missing === 0 && !needsLastResort) return
  // The server may have another one by now than when the account was made; it opens both.
  const queueKey = { ...(await engine.api.queues.sealingKey()), domain: engine.account.domain }
  const fresh: OwnKeyPackage[] = needsLastResort ? [await newKeyPackage(engine, true, queueKey)] : []
  for (let made = 0; made < missing; made++) fresh.push(await newKeyPackage(engine, false, queueKey))
  for (const keyPackage of fresh) engine.saver.put(keyOf(keyPackage.ref), () => encodeRecord(keyPackage))
  await engine.saver.flush()
  await engine.api.keyPackages.publish(
    randomId(),
    fresh.map(({ message }) => message),
    replace,
  )
}

/** The KeyPackage of ours that one of these references names. */
export const findKeyPackage = async (
  { store }: Pick<Engine, 'store'>,
  refs: readonly string[],
): Promise<OwnKeyPackage | undefined> => {
  for (const ref of refs) {
    const bytes = await store.get(prefix + ref)
    if (bytes !== undefined) return decodeRecord(bytes) as OwnKeyPackage
  }
  return undefined
}

/** Its keys have opened their one Welcome; those of a last-resort package live on. */
export const useUp = ({ saver }: Pick<Engine, 'saver'>, { ref, lastResort }: OwnKeyPackage): void => {
  if (!lastResort) saver.remove(keyOf(ref))
}

const lastResortIsOld = async ({ store, api }: Engine): Promise<boolean> => {
  const kept = await ownKeyPackages(store)
  const newest = Math.max(0, ...kept.filter(({ lastResort }) => lastResort).map(({ notAfter }) => notAfter))
  return newest < api.clock.now() + renewBeforeMs
}

/** Throws away the keys of packages that have expired, a week after, and never on the word of this machine's clock alone. */
export const sweepKeyPackages = async ({ store, saver, api }: Engine): Promise<void> => {
  if (!api.clock.isKnown()) return
  const weekMs = 7 * 24 * 3600 * 1000
  for (const { ref, notAfter } of await ownKeyPackages(store))
    if (notAfter + weekMs < api.clock.now()) saver.remove(keyOf(ref))
}

const ownKeyPackages = async (store: Engine['store']): Promise<readonly OwnKeyPackage[]> => {
  const found: OwnKeyPackage[] = []
  for (const key of await store.keys(prefix)) {
    const bytes = await store.get(key)
    if (bytes !== undefined) found.push(decodeRecord(bytes) as OwnKeyPackage)
  }
  return found
}
