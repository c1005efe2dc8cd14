/** The account's routes: registration, the user itself, its clients, and the authority that vouches for them. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { RootStatement } from '../../mls/group/rootStatement.js'
import type { SignedRevocations } from '../../mls/group/revocationList.js'
import type { ClientId, Domain, GroupId, QueueId, UserId } from '../../mls/wire/ids.js'
import { bytesIn } from './bytesIn.js'
import type { Caller, Json } from './caller.js'

export type AccountView = {
  readonly user: UserId
  readonly handle: string
  readonly discovery: 'exact' | 'prefix' | 'hidden'
  readonly claims: 'anyone' | 'contacts'
  readonly clients: readonly ClientId[]
  /** Whether a recovery key is set. */
  readonly recovery: boolean
}

/** What registration and adding a client answer. */
export type Registered = {
  readonly user: UserId
  readonly client: ClientId
  readonly directQueue: QueueId
  readonly certificates: readonly Uint8Array[]
}

/** The root certificate of a server as the own one believes it, DER, and how older ones led to it. */
export type OfferedRoot = { readonly root: Uint8Array; readonly statements: readonly RootStatement[] }

/** `next` is the cursor of the page that follows; without it this one is the last so far. */
export type RevocationPage = {
  readonly revoked: readonly { /** Hexadecimal. */ readonly serial: string; readonly at: number }[]
  readonly next?: string
}

type ListedClient = {
  readonly client: ClientId
  readonly keys: readonly {
    readonly algorithm: string
    readonly signatureKey: string
    readonly certificates: readonly string[]
  }[]
}

export const accountApi = ({ anonymous, asClient, openAsClient, get, command }: Caller) => ({
  newIds: async (user?: UserId) =>
    (await anonymous({ method: 'POST', path: '/v1/ids', json: user === undefined ? {} : { user } })) as {
      readonly user: UserId
      readonly client: ClientId
    },
  register: async (idempotencyKey: string, json: object) =>
    registered(await anonymous({ method: 'POST', path: '/v1/users', idempotencyKey, json })),
  addClient: async (idempotencyKey: string, json: object) =>
    registered(await anonymous({ method: 'POST', path: '/v1/clients', idempotencyKey, json })),
  authority: async () => {
    const { domain, root, statements } = await anonymous({ method: 'GET', path: '/v1/authority' })
    return { domain: String(domain), root: bytesIn(root), statements: statementsIn(statements) }
  },
  rootOf: async (domain: Domain): Promise<OfferedRoot> => {
    const { root, statements } = await get(`/v1/authority/${encodeURIComponent(domain)}`)
    return { root: bytesIn(root), statements: statementsIn(statements) }
  },
  revocations: async (cursor?: string) => {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`
    return (await anonymous({ method: 'GET', path: `/v1/revocations${query}` })) as Json & RevocationPage
  },
  revocationsOf: async (domain: Domain, cursor: string) => {
    const query = cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`
    const path = `/v1/authority/${encodeURIComponent(domain)}/revocations${query}`
    return (await asClient({ method: 'GET', path, once: true })) as Json & SignedRevocations
  },
  view: async () => (await get('/v1/users/me')) as Json & AccountView,
  change: (key: string, changes: object) => command('PATCH', '/v1/users/me', key, changes),
  profile: async (user: UserId) => {
    const { version, profile } = await get(`/v1/users/${encodeURIComponent(user)}/profile`)
    return { version: Number(version), profile: bytesIn(profile) }
  },
  /** `after` is the version that it replaces. */
  setProfile: async (idempotencyKey: string, profile: Uint8Array, after: number) => {
    const json = { profile: toBase64url(profile) }
    await asClient({ method: 'PUT', path: '/v1/users/me/profile', idempotencyKey, ifMatch: `"${after}"`, json })
  },
  offerHistory: (key: string, client: ClientId, offer: Uint8Array) =>
    command('POST', `/v1/clients/${encodeURIComponent(client)}/history`, key, { offer: toBase64url(offer) }),
  setRecovery: (key: string, json: object) => command('PUT', '/v1/users/me/recovery', key, json),
  recoveryIds: async (locator: string) =>
    (await anonymous({ method: 'POST', path: '/v1/recovery/ids', json: { locator } })) as {
      readonly user: UserId
      readonly client: ClientId
    },
  recover: async (idempotencyKey: string, json: object) =>
    registered(await anonymous({ method: 'POST', path: '/v1/recovery', idempotencyKey, json })),
  /** All of them. */
  groups: async () => {
    const found: GroupId[] = []
    for (let after: unknown; ;) {
      const query = typeof after === 'string' ? `?after=${encodeURIComponent(after)}` : ''
      const { groups, next } = await get(`/v1/users/me/groups${query}`)
      found.push(...(groups as readonly GroupId[]))
      if (next === undefined) return found
      after = next
    }
  },
  /** Bytes as they come. */
  openExport: async () => (await openAsClient({ method: 'GET', path: '/v1/users/me/export' })).body,
  delete: (key: string) => command('DELETE', '/v1/users/me', key),
  clientsOf: async (user: UserId) =>
    (await get(`/v1/users/${encodeURIComponent(user)}/clients`))['clients'] as readonly ListedClient[],
  removeClient: (key: string, client: ClientId) => command('DELETE', `/v1/clients/${encodeURIComponent(client)}`, key),
})

const statementsIn = (claimed: unknown): readonly RootStatement[] =>
  Array.isArray(claimed) ? claimed.flatMap(statementIn) : []

const statementIn = (claimed: unknown): readonly RootStatement[] => {
  const { from, to, signature } = (claimed ?? {}) as { readonly [Field in keyof RootStatement]?: unknown }
  const isOne = typeof from === 'string' && typeof to === 'string' && typeof signature === 'string'
  return isOne ? [{ from, to, signature }] : []
}

const registered = (answer: Json): Registered => {
  const { certificates, ...ids } = answer as Omit<Registered, 'certificates'> & {
    readonly certificates: readonly string[]
  }
  return {
    user: ids.user,
    client: ids.client,
    directQueue: ids.directQueue,
    certificates: certificates.map(bytesIn),
  }
}
