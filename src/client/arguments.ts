/** What applications pass, held against what was asked for: JavaScript has no types, and a lookup may have found nobody. */
import {
  type ClientId,
  type Domain,
  type GroupId,
  parseClientId,
  parseDomain,
  parseGroupId,
  parseUserId,
  type UserId,
} from '../mls/wire/ids.js'
import { parseMessageId } from './content/messageId.js'
import { signalDataBytesMax, signalKindBytesMax } from './content/signalContent.js'

type Wanted<T> = { readonly what: string; readonly parse: (text: string) => T | undefined; readonly hint?: string }

const users: Wanted<UserId> = {
  what: 'the id of a user',
  parse: parseUserId,
  hint: 'findUser gives it, and undefined when it finds nobody',
}
const clients: Wanted<ClientId> = { what: 'the id of a client', parse: parseClientId }
const groups: Wanted<GroupId> = { what: 'the id of a group', parse: parseGroupId }

const expectId =
  <T>({ what, parse, hint }: Wanted<T>) =>
  (call: string, value: unknown): void => {
    if (typeof value === 'string' && parse(value) !== undefined) return
    throw new TypeError(`${call}: expected ${what}, got ${shown(value)}${hint === undefined ? '' : ` (${hint})`}`)
  }

/** Each throws TypeError, which names the call. */
export const expectUser = expectId(users)
export const expectClient = expectId(clients)
export const expectGroup = expectId(groups)

/** A server's name. */
export const expectDomain = (call: string, value: string): Domain => {
  const domain = parseDomain(value)
  if (domain === undefined) throw new TypeError(`${call}: expected the name of a server, got ${shown(value)}`)
  return domain
}

export const expectUsers = (call: string, values: readonly unknown[]): void => {
  for (const value of values) expectUser(call, value)
}

export const expectText = (call: string, value: unknown): void => {
  if (typeof value !== 'string') throw new TypeError(`${call}: expected text, got ${shown(value)}`)
}

export const expectSignal = (call: string, kind: unknown, data: unknown): void => {
  const bytes = typeof kind === 'string' ? new TextEncoder().encode(kind).length : 0
  if (bytes === 0 || bytes > signalKindBytesMax)
    throw new TypeError(`${call}: expected a kind of up to ${signalKindBytesMax} bytes, got ${shown(kind)}`)
  if (!(data instanceof Uint8Array) || data.length > signalDataBytesMax)
    throw new TypeError(`${call}: expected a Uint8Array of up to ${signalDataBytesMax} bytes, got ${shown(data)}`)
}

export const expectMessage = (call: string, value: unknown): void => {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
  if (typeof id === 'string' && parseMessageId(id) !== undefined) return
  throw new TypeError(`${call}: expected a message that was sent or received, got ${shown(value)}`)
}

export const expectBody = (call: string, value: unknown): void => {
  if (typeof value === 'string' || value instanceof Uint8Array) return
  const { text, data, contentType, attachment, format } = (
    typeof value === 'object' && value !== null ? value : {}
  ) as Record<string, unknown>
  if (format !== undefined) expectOneOf(call, format, ['plain', 'markdown'])
  if (typeof text === 'string' || (data instanceof Uint8Array && typeof contentType === 'string')) return
  if (typeof attachment === 'object' && attachment !== null) return
  throw new TypeError(
    `${call}: expected text, a Uint8Array, {text}, {data, contentType} or {attachment}, got ${shown(value)}`,
  )
}

export const expectContent = (call: string, value: unknown): void => {
  if (typeof value !== 'string' && !(value instanceof Uint8Array))
    throw new TypeError(`${call}: expected text or a Uint8Array, got ${shown(value)}`)
}

export const expectProfile = (call: string, value: unknown): void => {
  const { name, picture } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  if (typeof name !== 'string') throw new TypeError(`${call}: expected {name, picture?}, got ${shown(value)}`)
  const { url, contentType, stream } = (typeof picture === 'object' && picture !== null ? picture : {}) as Record<
    string,
    unknown
  >
  const isAttachment = typeof url === 'string' && typeof contentType === 'string'
  if (picture !== undefined && !isAttachment && typeof stream !== 'function')
    throw new TypeError(`${call}: expected a picture as a file or as a profile has it, got ${shown(picture)}`)
}

export const expectReceiver = (call: string, value: unknown): void => {
  const { manager, endpoint, keys } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >
  if (typeof manager === 'object' && manager !== null && 'getSubscription' in manager) return
  const { p256dh, auth } = (typeof keys === 'object' && keys !== null ? keys : {}) as Record<string, unknown>
  if (typeof endpoint === 'string' && typeof p256dh === 'string' && typeof auth === 'string') return
  throw new TypeError(`${call}: expected {manager} or {endpoint, keys: {p256dh, auth}}, got ${shown(value)}`)
}

export const expectOneOf = (call: string, value: unknown, allowed: readonly string[]): void => {
  if (!allowed.includes(value as string))
    throw new TypeError(`${call}: expected ${allowed.join(' or ')}, got ${shown(value)}`)
}

export const expectDuration = (call: string, value: unknown): void => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new TypeError(`${call}: expected a whole number of milliseconds, got ${shown(value)}`)
}

const shown = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
