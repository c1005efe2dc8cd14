/** Bearer tokens: who may ask until when, under the server's own key, so that every process can read every other's. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { parseClientId, parseQueueId, parseUserId } from '../../mls/wire/ids.js'
import type { ClientPrincipal, QueuePrincipal } from '../principal.js'

export type TokenHolder = ClientPrincipal | QueuePrincipal
export type BearerToken = { readonly holder: TokenHolder; /** ms */ readonly expires: number }

/** The kind is signed too: a queue's token never reads as a client's. */
export const writeToken = (tokenKey: Uint8Array, { holder, expires }: BearerToken): string => {
  const parts = holder.kind === 'client' ? ['c', holder.user, holder.client] : ['q', holder.queue]
  const payload = toBase64url(Buffer.from(JSON.stringify([...parts, expires])))
  return `${payload}.${toBase64url(macOf(tokenKey, payload))}`
}

/** The token as this server wrote it, expired or not; undefined for anything else. */
export const readToken = (tokenKey: Uint8Array, token: string): BearerToken | undefined => {
  const [payload = '', mac = '', ...more] = token.split('.')
  const given = fromBase64url(mac)
  const expected = macOf(tokenKey, payload)
  if (more.length > 0 || given?.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return parse(JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown)
}

const macOf = (tokenKey: Uint8Array, payload: string): Uint8Array =>
  createHmac('sha256', tokenKey).update(`mls-homeserver token 1\n${payload}`).digest()

const parse = (parts: unknown): BearerToken | undefined => {
  if (!Array.isArray(parts)) return undefined
  const expires = Number(parts.at(-1))
  if (parts[0] === 'q') {
    const queue = parseQueueId(String(parts[1]))
    return queue === undefined ? undefined : { holder: { kind: 'queue', queue }, expires }
  }
  const user = parseUserId(String(parts[1]))
  const client = parseClientId(String(parts[2]))
  return user === undefined || client === undefined ? undefined : { holder: { kind: 'client', user, client }, expires }
}
