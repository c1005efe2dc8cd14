/** Ids and vouched keys for tests, told apart by a number. */
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import type { AssetId, ClientId, Domain, QueueId, UserId } from '#src/mls/wire/ids.js'
import type { UserEvent, VouchedKey } from '#src/events/user.js'

export const domain = parseDomain('localhost') as Domain

const numbered = (n: number): Uint8Array => new Uint8Array(16).fill(n)
export const user = (n: number): UserId => makeId('user', domain, numbered(n))
export const client = (n: number): ClientId => makeId('client', domain, numbered(n))
export const queue = (n: number): QueueId => makeId('queue', domain, numbered(n))
export const asset = (n: number): AssetId => makeId('asset', domain, numbered(n))

export const vouchedKey = (n: number, algorithm: VouchedKey['algorithm'] = 'Ed25519'): VouchedKey => ({
  algorithm,
  signatureKey: `key${n}`,
  certificate: `certificate${n}`,
  issuer: 'issuer',
  serial: `serial${n}`,
  notAfter: 2_000_000_000_000,
})

/** User n with client n, direct queue n and key n. */
export const registered = (n: number, policy: Partial<Registered['data']> = {}): Registered => ({
  type: 'UserRegistered',
  data: {
    user: user(n),
    handle: `encrypted${n}`,
    handleHash: `hash${n}`,
    first: { client: client(n), directQueue: queue(n), key: vouchedKey(n) },
    discovery: 'exact',
    claims: 'anyone',
    ...policy,
  },
})
type Registered = Extract<UserEvent, { type: 'UserRegistered' }>
