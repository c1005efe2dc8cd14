/** Signals as one process posts them to another: by whom only, since both have the keys, for whom, when, and once. */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { groupId, leafIndex } from '../../events/form/fields.js'
import { keepNewest } from '../../structures/newest.js'
import type { PassedSignal } from './passOn.js'

/** From a secret of the bundle that all processes of a server share. */
export const processKey = (secret: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), 'mls-homeserver processes 1', 32))

export const signatureHeader = 'process-signature'
/** How far the clocks of two processes may be apart, and how long a post is remembered. */
const freshMs = 10_000
const rememberedMax = 10_000

const posted = z.strictObject({
  to: z.string(),
  at: z.number(),
  signals: z.array(z.tuple([groupId, leafIndex, z.string()])),
})

export type SignedPost = { readonly body: Uint8Array; readonly signature: string }

export const signPost = (
  key: Uint8Array,
  { to, at, signals }: { readonly to: string; readonly at: number; readonly signals: readonly PassedSignal[] },
): SignedPost => {
  const written = signals.map(({ group, leafIndex: leaf, bytes }) => [group, leaf, toBase64url(bytes)])
  const body = Buffer.from(JSON.stringify({ to, at, signals: written }))
  return { body, signature: hmac(key, body).toString('base64url') }
}

const hmac = (key: Uint8Array, body: Uint8Array): Buffer => createHmac('sha256', key).update(body).digest()

/** Undefined for what is not of one of us, for another, old, or came before. */
export type OpenPost = (post: SignedPost, now: number) => readonly PassedSignal[] | undefined

/** `keys`: those that count now. */
export const openPosts = (keys: () => readonly Uint8Array[], own: string): OpenPost => {
  const seen = keepNewest<string, true>(rememberedMax)
  return ({ body, signature }, now) => {
    const given = Buffer.from(signature, 'base64url')
    const right = keys()
      .map((key) => hmac(key, body))
      .find((one) => one.length === given.length && timingSafeEqual(given, one))
    if (right === undefined) return undefined
    const { to, at, signals } = posted.parse(JSON.parse(Buffer.from(body).toString()))
    const name = right.toString('base64url')
    if (to !== own || Math.abs(now - at) > freshMs || seen.has(name)) return undefined
    seen.set(name, true)
    return signals.map(([group, leaf, bytes]) => ({
      group,
      leafIndex: leaf,
      bytes: fromBase64url(bytes) ?? new Uint8Array(),
    }))
  }
}
