/** The routes by which people find each other: the directory, connection requests, contacts, blocks. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { UserId } from '../../mls/wire/ids.js'
import type { Caller, Json } from './caller.js'

export type Contact = { readonly user: UserId; readonly since: number }

type Found = { readonly user: UserId; readonly handle: string }
type Contacts = { readonly contacts: readonly Contact[]; readonly blocked: readonly UserId[] }
type Request = {
  readonly request: string
  readonly from: UserId
  /** base64url. */
  readonly ciphertext: string
  readonly at: number
}

const at = encodeURIComponent

export const contactsApi = ({ get, command }: Caller) => ({
  find: async (query: { readonly handle: string } | { readonly prefix: string }) =>
    (await get(`/v1/directory?${new URLSearchParams(query).toString()}`))['users'] as readonly Found[],
  request: async (key: string, user: UserId, ciphertext: Uint8Array) => {
    const json = { ciphertext: toBase64url(ciphertext) }
    return String((await command('POST', `/v1/users/${at(user)}/requests`, key, json))['request'])
  },
  requests: async () => (await get('/v1/requests'))['requests'] as readonly Request[],
  accept: (key: string, request: string, ciphertext?: Uint8Array) => {
    const json = ciphertext === undefined ? {} : { ciphertext: toBase64url(ciphertext) }
    return command('POST', `/v1/requests/${at(request)}/accept`, key, json)
  },
  reject: (key: string, request: string) => command('POST', `/v1/requests/${at(request)}/reject`, key),
  list: async () => (await get('/v1/contacts')) as Json & Contacts,
  block: (key: string, user: UserId) => command('PUT', `/v1/blocks/${at(user)}`, key),
  unblock: (key: string, user: UserId) => command('DELETE', `/v1/blocks/${at(user)}`, key),
})
