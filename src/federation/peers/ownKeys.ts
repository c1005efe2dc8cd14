/** Our own keys for messages to other servers: which one signs now, and which are published. */
import type { PublishedKey } from '../../events/peer.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { FederationKey } from '../../ports/keys.js'
import { signingKeyOf } from '../signatures/signingKey.js'
import type { SigningKey } from '../signatures/signingKey.js'
import { onceEach } from '../../structures/onceEach.js'

/** What a peer may keep of our directory is older than that never. */
const publishedBeforeMs = 2 * 24 * 60 * 60 * 1_000

/** Of those that hold then (ms), the one that began last. */
export const signingAt = (keys: readonly FederationKey[], now: number): FederationKey | undefined =>
  keys
    .filter(({ notBefore, notAfter }) => notBefore <= now && now < notAfter)
    .toSorted((a, b) => b.notBefore - a.notBefore)[0]

/** Throws where none holds: a start has seen to it that one will. */
export const signingKeyAt = (keys: () => readonly FederationKey[]): ((now: number) => SigningKey) => {
  const opened = onceEach(signingKeyOf)
  return (now) => {
    const newest = signingAt(keys(), now)
    if (newest === undefined) throw new Error('no federation key holds now: make one with `homeserver keys federation`')
    return opened(newest)
  }
}

/** All that hold, those to come among them; those that ended a while ago are history, and stay in the bundle. */
export const publishedKeys = (keys: readonly FederationKey[], now: number): readonly PublishedKey[] =>
  keys
    .filter(({ notAfter }) => notAfter + publishedBeforeMs > now)
    .map(({ id, publicKey, notBefore, notAfter }) => ({ id, publicKey: toBase64url(publicKey), notBefore, notAfter }))
