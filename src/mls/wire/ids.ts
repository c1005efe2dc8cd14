/** The names of things: `mimi://domain/<kind>/<random>` URIs, branded by kind and made only by a parser. */
import { toBase64url } from '../bytes/base64url.js'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** A user, `mimi://domain/u/<random>`. */
export type UserId = Branded<'user'>
/** A client (one device or program of a user), `mimi://domain/d/<random>`. */
export type ClientId = Branded<'client'>
/** A group, `mimi://domain/g/<random>`; its UTF-8 bytes are the MLS group_id. */
export type GroupId = Branded<'group'>
/** A queue, `mimi://domain/q/<random>`. */
export type QueueId = Branded<'queue'>
/** An asset (an encrypted file), `mimi://domain/a/<random>`. */
export type AssetId = Branded<'asset'>
/** A homeserver's name: a lower-case DNS name, optionally with a port. */
export type Domain = Branded<'domain'>

const kinds = { user: 'u', client: 'd', group: 'g', queue: 'q', asset: 'a' } as const
type Kind = keyof typeof kinds
type IdOf = { user: UserId; client: ClientId; group: GroupId; queue: QueueId; asset: AssetId }
export type AnyId = IdOf[Kind]

/** The random part of every id: 128 bits. */
export const idBytes = 16

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const domainPattern = new RegExp(`^(?=.{1,253}$)${label}(?:\\.${label})*(?::[1-9][0-9]{0,4})?$`)
/** The last character of 16 bytes in base64url carries four zero bits. */
const uriPattern = /^mimi:\/\/([^/]{1,253})\/([udgqa])\/[A-Za-z0-9_-]{21}[AQgw]$/

export const parseDomain = (text: string): Domain | undefined =>
  domainPattern.test(text) ? (text as Domain) : undefined

const parser =
  <K extends Kind>(kind: K) =>
  (text: string): IdOf[K] | undefined => {
    const parts = uriPattern.exec(text)
    return parts?.[2] === kinds[kind] && parseDomain(parts[1] ?? '') !== undefined ? (text as IdOf[K]) : undefined
  }

export const parseUserId = parser('user')
export const parseClientId = parser('client')
export const parseGroupId = parser('group')
export const parseQueueId = parser('queue')
export const parseAssetId = parser('asset')

/** Makes the id of a kind at a domain from 16 random bytes. */
export const makeId = <K extends Kind>(kind: K, domain: Domain, random: Uint8Array): IdOf[K] => {
  if (random.length !== idBytes) throw new RangeError(`an id has ${idBytes} random bytes, not ${random.length}`)
  return `mimi://${domain}/${kinds[kind]}/${toBase64url(random)}` as IdOf[K]
}

/** The homeserver that an id names. */
export const domainOf = (id: AnyId): Domain => id.slice('mimi://'.length, id.indexOf('/', 'mimi://'.length)) as Domain

/** The random part of an id. Whoever makes an id up chooses it: another domain's may be the same. */
export const localPart = (id: AnyId): string => id.slice(id.lastIndexOf('/') + 1)

/** The MLS group_id of a group: the UTF-8 of its URI. */
export const groupIdBytes = (group: GroupId): Uint8Array => new TextEncoder().encode(group)

export const groupIdFromBytes = (bytes: Uint8Array): GroupId | undefined => {
  try {
    return parseGroupId(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
