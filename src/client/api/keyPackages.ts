/** The routes of KeyPackages: publishing one's own, claiming those of others. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import type { Caller, Json } from './caller.js'

/** `keyPackage` and `ref` are base64url. */
export type Claimed = { readonly client: ClientId; readonly keyPackage: string; readonly ref: string }

type Claim = {
  readonly keyPackages: readonly Claimed[]
  readonly missing: readonly { readonly client: ClientId; readonly code: string }[]
}
type Published = { readonly cipherSuite: number; readonly count: number; readonly lastResort: boolean }

export const keyPackagesApi = ({ get, command }: Caller) => ({
  /** `replace`: in place of those that the server still has. */
  publish: (key: string, keyPackages: readonly Uint8Array[], replace = false) => {
    const json = { keyPackages: keyPackages.map(toBase64url) }
    return command('POST', '/v1/keyPackages', key, replace ? { ...json, replace } : json)
  },
  /** What the server still has of them, by suite. */
  published: async () => (await get('/v1/keyPackages'))['stock'] as readonly Published[],
  /** `request`: what this client signed, for a user of another server. */
  claim: async (key: string, user: UserId, cipherSuite: number, request?: Uint8Array) => {
    const path = `/v1/users/${encodeURIComponent(user)}/keyPackages/claim`
    const json = { cipherSuite, ...(request === undefined ? {} : { request: toBase64url(request) }) }
    return (await command('POST', path, key, json)) as Json & Claim
  },
})
