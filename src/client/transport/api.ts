/** The homeserver's interface as functions: docs/api.md, route by route, with bytes as Uint8Array. */
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import type { ClientId, GroupId, QueueId, UserId } from '../../mls/wire/ids.js'
import type { Answer, Call, Http } from './http.js'
import { isRefusal } from './refused.js'
import { type Bearer, tokensFrom } from './tokens.js'

export type Cursor = string
export type Role = 'admin' | 'member'
export type Contact = { readonly user: UserId; readonly since: number }

export type AccountView = {
  readonly user: UserId
  readonly handle: string
  readonly discovery: 'exact' | 'prefix' | 'hidden'
  readonly claims: 'anyone' | 'contacts'
  readonly clients: readonly ClientId[]
}

export type GroupView = {
  readonly group: GroupId
  readonly epoch: string
  readonly members: readonly {
    readonly user: UserId
    readonly role: Role
    readonly clients: readonly { readonly client: ClientId; readonly leafIndex: number }[]
  }[]
  readonly settings: { readonly retentionMs: number }
  readonly profileVersion: number
  readonly pending: {
    readonly proposals: readonly { readonly ref: string; readonly proposal: string; readonly kind: string }[]
    readonly removals: readonly { readonly leafIndex: number; readonly client: ClientId; readonly reason: string }[]
  }
  readonly successor?: GroupId
}

export type Claimed = { readonly client: ClientId; readonly keyPackage: string; readonly ref: string }

type Json = { readonly [field: string]: unknown }

/** Who asks: the client and its fan-out queue have tokens of their own, and the server cannot join the two. */
export type Bearers = { readonly client: () => Bearer; readonly queue: () => Bearer }

export type Api = ReturnType<typeof apiOf>

export const apiOf = (http: Http, bearers: Bearers, signal: AbortSignal) => {
  const tokens = tokensFrom(http)

  const withToken = async (bearer: Bearer, call: Call): Promise<Answer> => {
    const { value } = await tokens.tokenFor(bearer, signal)
    try {
      return await http.exchange({ ...call, token: value }, signal)
    } catch (error) {
      if (!isRefusal(error, 'token-expired', 'not-authenticated')) throw error
      const renewed = await tokens.tokenFor(bearer, signal, true)
      return http.exchange({ ...call, token: renewed.value }, signal)
    }
  }
  const asClient = async (call: Call): Promise<Json> => (await withToken(bearers.client(), call)).json as Json
  const asQueue = (call: Call): Promise<Answer> => withToken(bearers.queue(), call)
  const anonymous = async (call: Call): Promise<Json> => (await http.exchange(call, signal)).json as Json

  /** Where the log stood after this client's last command: its reads ask to see at least that, while it is the same log. */
  let position: Cursor | undefined
  const get = async (path: string): Promise<Json> => {
    const after = position === undefined ? '' : `${path.includes('?') ? '&' : '?'}after=${encodeURIComponent(position)}`
    try {
      return await asClient({ method: 'GET', path: path + after })
    } catch (error) {
      if (!isRefusal(error, 'cursor-expired')) throw error
      position = undefined
      return asClient({ method: 'GET', path })
    }
  }
  const command = async (method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, key: string, json?: object) => {
    const answer = await asClient({ method, path, idempotencyKey: key, ...(json === undefined ? {} : { json }) })
    if (typeof answer['position'] === 'string') position = answer['position']
    return answer
  }

  return {
    discover: () => http.discover(signal),
    clientToken: (renew = false) => tokens.tokenFor(bearers.client(), signal, renew),
    queueToken: (renew = false) => tokens.tokenFor(bearers.queue(), signal, renew),

    newIds: (user?: UserId) =>
      anonymous({ method: 'POST', path: '/v1/ids', json: user === undefined ? {} : { user } }) as Promise<{
        user: UserId
        client: ClientId
      }>,
    register: (key: string, body: object) =>
      anonymous({ method: 'POST', path: '/v1/users', idempotencyKey: key, json: body }).then(registered),
    addClient: (key: string, body: object) =>
      anonymous({ method: 'POST', path: '/v1/clients', idempotencyKey: key, json: body }).then(registered),
    authority: () =>
      anonymous({ method: 'GET', path: '/v1/authority' }).then(({ domain, root }) => ({
        domain: String(domain),
        root: bytesIn(root),
      })),
    queueKey: () =>
      anonymous({ method: 'GET', path: '/v1/queueKey' }).then(({ domain, keyId, publicKey }) => ({
        domain: String(domain),
        keyId: bytesIn(keyId),
        publicKey: bytesIn(publicKey),
      })),
    createQueue: (key: string, publicKey: Uint8Array) =>
      command('POST', '/v1/queues', key, { algorithm: 'Ed25519', publicKey: toBase64url(publicKey) }).then(
        ({ queue }) => queue as QueueId,
      ),

    account: () => get('/v1/users/me') as Promise<Json & AccountView>,
    changeAccount: (key: string, body: object) => command('PATCH', '/v1/users/me', key, body),
    deleteAccount: (key: string) => command('DELETE', '/v1/users/me', key),
    clientsOf: (user: UserId) =>
      get(`/v1/users/${at(user)}/clients`).then(
        ({ clients }) =>
          clients as readonly {
            readonly client: ClientId
            readonly keys: readonly {
              readonly algorithm: string
              readonly signatureKey: string
              readonly certificates: readonly string[]
            }[]
          }[],
      ),
    removeClient: (key: string, client: ClientId) => command('DELETE', `/v1/clients/${at(client)}`, key),
    directory: (query: { readonly handle: string } | { readonly prefix: string }) =>
      get(`/v1/directory?${new URLSearchParams(query).toString()}`).then(
        ({ users }) => users as readonly { readonly user: UserId; readonly handle: string }[],
      ),

    request: (key: string, user: UserId, ciphertext: Uint8Array) =>
      command('POST', `/v1/users/${at(user)}/requests`, key, { ciphertext: toBase64url(ciphertext) }).then(
        ({ request }) => String(request),
      ),
    requests: () =>
      get('/v1/requests').then(
        ({ requests }) =>
          requests as readonly {
            readonly request: string
            readonly from: UserId
            readonly ciphertext: string
            readonly at: number
          }[],
      ),
    acceptRequest: (key: string, request: string, ciphertext?: Uint8Array) =>
      command(
        'POST',
        `/v1/requests/${at(request)}/accept`,
        key,
        ciphertext === undefined ? {} : { ciphertext: toBase64url(ciphertext) },
      ),
    rejectRequest: (key: string, request: string) => command('POST', `/v1/requests/${at(request)}/reject`, key),
    contacts: () =>
      get('/v1/contacts') as Promise<
        Json & { readonly contacts: readonly Contact[]; readonly blocked: readonly UserId[] }
      >,
    block: (key: string, user: UserId) => command('PUT', `/v1/blocks/${at(user)}`, key),
    unblock: (key: string, user: UserId) => command('DELETE', `/v1/blocks/${at(user)}`, key),

    publish: (key: string, keyPackages: readonly Uint8Array[]) =>
      command('POST', '/v1/keyPackages', key, { keyPackages: keyPackages.map(toBase64url) }),
    stock: () =>
      get('/v1/keyPackages').then(
        ({ stock }) =>
          stock as readonly { readonly cipherSuite: number; readonly count: number; readonly lastResort: boolean }[],
      ),
    claim: (key: string, user: UserId, cipherSuite: number) =>
      command('POST', `/v1/users/${at(user)}/keyPackages/claim`, key, { cipherSuite }) as Promise<
        Json & {
          readonly keyPackages: readonly Claimed[]
          readonly missing: readonly { readonly client: ClientId; readonly code: string }[]
        }
      >,

    reserveGroup: (key: string) => command('POST', '/v1/groups', key).then(({ group }) => group as GroupId),
    createGroup: (key: string, group: GroupId, groupInfo: Uint8Array) =>
      command('PUT', `/v1/groups/${at(group)}`, key, { groupInfo: toBase64url(groupInfo) }),
    group: (group: GroupId) => get(`/v1/groups/${at(group)}`) as Promise<Json & GroupView>,
    propose: (key: string, group: GroupId, proposal: Uint8Array) =>
      command('POST', `/v1/groups/${at(group)}/proposals`, key, { proposal: toBase64url(proposal) }),
    commit: (key: string, group: GroupId, bundle: Bundle) =>
      command('POST', `/v1/groups/${at(group)}/commits`, key, {
        commit: toBase64url(bundle.commit),
        ...(bundle.welcome === undefined ? {} : { welcome: toBase64url(bundle.welcome) }),
        groupInfo: toBase64url(bundle.groupInfo),
      }),
    send: (key: string, group: GroupId, message: Uint8Array) =>
      asClient({ method: 'POST', path: `/v1/groups/${at(group)}/messages`, idempotencyKey: key, mls: message }),
    groupInfo: (group: GroupId) =>
      get(`/v1/groups/${at(group)}/groupInfo`).then(({ groupInfo, ratchetTree }) => ({
        groupInfo: bytesIn(groupInfo),
        ratchetTree: bytesIn(ratchetTree),
      })),
    tree: (group: GroupId, epoch: bigint) =>
      get(`/v1/groups/${at(group)}/tree?epoch=${String(epoch)}`).then(({ ratchetTree }) => bytesIn(ratchetTree)),
    setRole: (key: string, group: GroupId, user: UserId, role: Role) =>
      command('PUT', `/v1/groups/${at(group)}/roles/${at(user)}`, key, { role }),
    setSettings: (key: string, group: GroupId, settings: { readonly retentionMs: number }) =>
      command('PUT', `/v1/groups/${at(group)}/settings`, key, settings),
    profile: (group: GroupId) =>
      get(`/v1/groups/${at(group)}/profile`).then(({ version, profile }) => ({
        version: Number(version),
        profile: bytesIn(profile),
      })),
    setProfile: (key: string, group: GroupId, profile: Uint8Array, after: number) =>
      asClient({
        method: 'PUT',
        path: `/v1/groups/${at(group)}/profile`,
        idempotencyKey: key,
        ifMatch: `"${after}"`,
        json: { profile: toBase64url(profile) },
      }).then(({ version }) => Number(version)),
    deleteGroup: (key: string, group: GroupId) => command('DELETE', `/v1/groups/${at(group)}`, key),
    reportFault: (key: string, group: GroupId, epoch: bigint, detail: string) =>
      command('POST', `/v1/groups/${at(group)}/faults`, key, { epoch: String(epoch), detail: detail.slice(0, 200) }),
    resetGroup: (key: string, group: GroupId, successor: GroupId) =>
      command('POST', `/v1/groups/${at(group)}/reset`, key, { successor }),

    items: async (queue: QueueId, direct: boolean, after: Cursor | undefined, limit: number) => {
      const query = new URLSearchParams({ limit: String(limit), ...(after === undefined ? {} : { after }) })
      const call: Call = { method: 'GET', path: `/v1/queues/${at(queue)}/items?${query.toString()}` }
      const answer = direct ? await asClient(call) : ((await asQueue(call)).json as Json)
      return answer as { readonly items: readonly Json[]; readonly next: Cursor; readonly more: boolean }
    },
    acknowledge: async (queue: QueueId, direct: boolean, upTo: Cursor): Promise<void> => {
      const call: Call = { method: 'POST', path: `/v1/queues/${at(queue)}/acknowledgements`, json: { upTo } }
      await (direct ? asClient(call) : asQueue(call))
    },
    welcome: async (queue: QueueId, digest: string) =>
      (await asQueue({ method: 'GET', path: `/v1/queues/${at(queue)}/welcomes/${digest}`, accept: 'message/mls' }))
        .bytes,
    deleteQueue: async (queue: QueueId, key: string): Promise<void> => {
      await asQueue({ method: 'DELETE', path: `/v1/queues/${at(queue)}`, idempotencyKey: key })
    },
  }
}

export type Bundle = {
  readonly commit: Uint8Array
  readonly welcome: Uint8Array | undefined
  readonly groupInfo: Uint8Array
}

/** What registration and adding a client answer. */
export type Registered = {
  readonly user: UserId
  readonly client: ClientId
  readonly directQueue: QueueId
  readonly certificates: readonly Uint8Array[]
}

const registered = (answer: Json): Registered => {
  const { user, client, directQueue, certificates } = answer as Json & {
    user: UserId
    client: ClientId
    directQueue: QueueId
    certificates: string[]
  }
  return { user, client, directQueue, certificates: certificates.map(bytesIn) }
}

const at = encodeURIComponent

/** Bytes in an answer; an answer without them is no answer of this interface. */
export const bytesIn = (value: unknown): Uint8Array => {
  const bytes = typeof value === 'string' ? fromBase64url(value) : undefined
  if (bytes === undefined) throw new TypeError('the server answered something else than base64url')
  return bytes
}
