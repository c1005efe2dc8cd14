/** The routes of groups: their beginning and end, what is posted to them, and what the server tells of them. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { ClientId, GroupId, UserId } from '../../mls/wire/ids.js'
import { bytesIn } from './bytesIn.js'
import type { Caller, Json } from './caller.js'

export type Role = 'admin' | 'member'

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

/** Whether those who are away are woken by a message: at once, as their push service sees fit, or not at all. */
export type Urgency = (typeof urgencies)[number]
export const urgencies = ['urgent', 'normal', 'silent'] as const

/** An application message as it is posted. `transcript`: the confirmed transcript hash of its epoch, base64url. */
export type Sent = {
  readonly message: Uint8Array
  readonly transcript: string | undefined
  /** Leaves that it is for; undefined: everybody's. */
  readonly targets?: readonly number[]
  readonly urgency?: Urgency
}

/** A Commit with what goes along with it, each an MLSMessage. */
export type Bundle = {
  readonly commit: Uint8Array
  readonly welcome: Uint8Array | undefined
  readonly groupInfo: Uint8Array
}

export const groupsApi = (caller: Caller) => ({
  ...lifeOf(caller),
  ...postingTo(caller),
  ...stateOf(caller),
  ...settingsOf(caller),
})

const at = (group: GroupId): string => `/v1/groups/${encodeURIComponent(group)}`

const lifeOf = ({ command }: Caller) => ({
  reserve: async (key: string) => (await command('POST', '/v1/groups', key))['group'] as GroupId,
  create: (key: string, group: GroupId, groupInfo: Uint8Array) =>
    command('PUT', at(group), key, { groupInfo: toBase64url(groupInfo) }),
  delete: (key: string, group: GroupId) => command('DELETE', at(group), key),
  reset: (key: string, group: GroupId, successor: GroupId) => command('POST', `${at(group)}/reset`, key, { successor }),
})

const postingTo = ({ command, asClient, answerAsClient }: Caller) => ({
  propose: (key: string, group: GroupId, proposal: Uint8Array) =>
    command('POST', `${at(group)}/proposals`, key, { proposal: toBase64url(proposal) }),
  commit: (key: string, group: GroupId, { commit, welcome, groupInfo }: Bundle) =>
    command('POST', `${at(group)}/commits`, key, {
      commit: toBase64url(commit),
      ...(welcome === undefined ? {} : { welcome: toBase64url(welcome) }),
      groupInfo: toBase64url(groupInfo),
    }),
  send: (idempotencyKey: string, group: GroupId, { message: mls, transcript, targets, urgency }: Sent) => {
    const call = { method: 'POST', path: `${at(group)}/messages`, idempotencyKey, mls } as const
    const headers = {
      ...(targets === undefined ? {} : { targets: targets.join(', ') }),
      ...(urgency === undefined ? {} : { urgency }),
    }
    return asClient({ ...call, headers, ...(transcript === undefined ? {} : { transcript }) })
  },
  /** Once, whatever becomes of it. */
  signal: async (group: GroupId, signal: Uint8Array): Promise<void> => {
    const json = { signal: toBase64url(signal) }
    await answerAsClient({ method: 'POST', path: `${at(group)}/signals`, json, once: true })
  },
  reportFault: (key: string, group: GroupId, epoch: bigint, detail: string) =>
    command('POST', `${at(group)}/faults`, key, { epoch: String(epoch), detail: detail.slice(0, 200) }),
})

const stateOf = ({ get }: Caller) => ({
  view: async (group: GroupId) => (await get(at(group))) as Json & GroupView,
  groupInfo: async (group: GroupId) => {
    const { groupInfo, ratchetTree } = await get(`${at(group)}/groupInfo`)
    return { groupInfo: bytesIn(groupInfo), ratchetTree: bytesIn(ratchetTree) }
  },
  tree: async (group: GroupId, epoch: bigint) =>
    bytesIn((await get(`${at(group)}/tree?epoch=${String(epoch)}`))['ratchetTree']),
})

const settingsOf = ({ get, command, asClient }: Caller) => ({
  setRole: (key: string, group: GroupId, user: UserId, role: Role) =>
    command('PUT', `${at(group)}/roles/${encodeURIComponent(user)}`, key, { role }),
  setSettings: (key: string, group: GroupId, settings: { readonly retentionMs: number }) =>
    command('PUT', `${at(group)}/settings`, key, settings),
  profile: async (group: GroupId) => {
    const { version, profile } = await get(`${at(group)}/profile`)
    return { version: Number(version), profile: bytesIn(profile) }
  },
  /** `after` is the version that it replaces; answers its own. */
  setProfile: async (idempotencyKey: string, group: GroupId, profile: Uint8Array, after: number) => {
    const json = { profile: toBase64url(profile) }
    const call = { method: 'PUT', path: `${at(group)}/profile`, idempotencyKey, ifMatch: `"${after}"`, json } as const
    return Number((await asClient(call))['version'])
  },
})
