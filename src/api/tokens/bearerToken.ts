/** Bearer tokens: who may ask until when, under the server's own key, so that every process can read every other's. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { parseClientId, parseQueueId, parseUserId } from '../../mls/wire/ids.js'
import type { ClientPrincipal, QueuePrincipal } from '../principal.js'

export type TokenHolder = ClientPrincipal | QueuePrincipal
export type BearerToken = { readonly holder: TokenHolder; /** ms */ readonly expires: number }

/** The same arrays for the same keys, so that they can be compared. */
export type TokenKeys = {
  /** Undefined: this process lacks the one by which tokens are signed now. */
  readonly signing: Uint8Array | undefined
  /** Their tokens hold until they expire. */
  readonly accepted: readonly Uint8Array[]
  /** Others that the server had: their tokens hold no more. */
  readonly retired: readonly Uint8Array[]
}

/** The kind is signed too: a queue's token never reads as a client's. */
export const writeToken = (tokenKey: Uint8Array, { holder, expires }: BearerToken): string => {
  const parts = holder.kind === 'client' ? ['c', holder.user, holder.client] : ['q', holder.queue]
  const payload = toBase64url(Buffer.from(JSON.stringify([...parts, expires])))
  return `${payload}.${toBase64url(macOf(tokenKey, payload))}`
}

/** With the key that it was written under. */
export type ReadToken = BearerToken & { readonly key: Uint8Array }

/** The token as this server wrote it, expired or not, under a key that counts or did; undefined for anything else. */
export const readToken = ({ accepted, retired }: Omit<TokenKeys, 'signing'>, token: string): ReadToken | undefined => {
  const [payload = '', mac = '', ...more] = token.split('.')
  const given = fromBase64url(mac)
  if (more.length > 0 || given === undefined) return undefined
  const key = [...accepted, ...retired].find((one) => isMac(given, macOf(one, payload)))
  const read =
    key === undefined ? undefined : parse(JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown)
  return key === undefined || read === undefined ? undefined : { ...read, key }
}

const isMac = (given: Uint8Array, expected: Uint8Array): boolean =>
  given.length === expected.length && timingSafeEqual(given, expected)

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
