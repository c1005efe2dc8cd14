/** What is asked of the directory. */
import type { ClientId, Domain, UserId } from '../../mls/wire/ids.js'
import type { ReadModel, Row } from '../../ports/readModels.js'
import type {
  BlockRow,
  ClientRow,
  ContactRow,
  HandleRow,
  RecoveryRow,
  RequestRow,
  RevocationRow,
  UserRow,
  WordRow,
} from './tables.js'

type Page = { readonly limit: number }

export type Directory = {
  readonly ownerOf: (client: ClientId) => Promise<UserId | undefined>
  /** By the whole handle's hash; nobody when that user is hidden. */
  readonly byHandle: (handleHash: string) => Promise<UserRow | undefined>
  /** Those who may be found by the beginning of their handle, in its order. `prefix` is folded and not empty. */
  byPrefix(prefix: string, page: Page): Promise<readonly UserRow[]>
  /** Everybody, by id above `after`. */
  users(page: Page & { readonly after?: UserId | undefined }): Promise<readonly UserRow[]>
  /** Everybody whose handle begins so, in its order, above the handle `after`; both folded. */
  named(prefix: string, page: Page & { readonly after?: string | undefined }): Promise<readonly UserRow[]>
  userOf(user: UserId): Promise<UserRow | undefined>
  /** Of `users`, those who blocked `by`. */
  blockersOf(by: UserId, users: readonly UserId[]): Promise<ReadonlySet<UserId>>
  contactsOf(user: UserId, page: Page): Promise<readonly ContactRow[]>
  blockedBy(user: UserId, page: Page): Promise<readonly UserId[]>
  /** Whether a profile of a user is the blob: the newest, of one who is still there. */
  namesBlob(digest: string): Promise<boolean>
  /** Whose recovery key is found by this. */
  readonly recoverableBy: (locatorHash: string) => Promise<UserId | undefined>
  /** Pending requests to a user, oldest first. */
  requestsOf(user: UserId, page: Page): Promise<readonly RequestRow[]>
  /** Servers that have something to be told, by name above `after`. */
  peersToTell(page: Page & { readonly after?: string | undefined }): Promise<readonly Domain[]>
  /** What a server is to be told, oldest first. */
  wordsTo(peer: Domain, page: Page): Promise<readonly WordRow[]>
  /** Revoked serial numbers in the order of the log, above `after`. */
  revocations(
    page: Page & { readonly after?: Pick<RevocationRow, 'position' | 'serial'> | undefined },
  ): Promise<readonly RevocationRow[]>
}

export const directoryOf = (model: ReadModel): Directory => {
  const byHandle: Directory['byHandle'] = async (handleHash) => {
    const held = (await model.get('handles', [handleHash])) as HandleRow | undefined
    const found = held === undefined ? undefined : ((await model.get('users', [held.user])) as UserRow | undefined)
    return found?.discovery === 'hidden' || found?.disabled === true ? undefined : found
  }

  const rows = async <R extends Row>(range: Parameters<ReadModel['range']>[0]): Promise<readonly R[]> =>
    (await model.range(range)) as readonly R[]

  return {
    byHandle,
    ownerOf: async (client) => ((await model.get('clients', [client])) as ClientRow | undefined)?.user,
    byPrefix: (prefix, { limit }) =>
      rows<UserRow>({ table: 'users', index: 'byFindable', prefix: [], ...startingWith(prefix), limit }),
    users: ({ after, limit }) =>
      rows<UserRow>({
        table: 'users',
        index: 'key',
        prefix: [],
        ...(after === undefined ? {} : { after: [after] }),
        limit,
      }),
    named: (prefix, { after, limit }) => {
      const bounds = startingWith(prefix)
      const from = after === undefined ? {} : { after: [after] }
      return rows<UserRow>({ table: 'users', index: 'byName', prefix: [], ...bounds, ...from, limit })
    },
    userOf: async (user) => (await model.get('users', [user])) as UserRow | undefined,
    blockersOf: async (by, users) => {
      const found = await model.getMany(
        'blocks',
        users.map((one) => [one, by]),
      )
      return new Set((found as readonly (BlockRow | undefined)[]).flatMap((row) => row?.user ?? []))
    },
    contactsOf: (of, { limit }) => rows<ContactRow>({ table: 'contacts', index: 'key', prefix: [of], limit }),
    blockedBy: async (of, { limit }) => {
      const found = await rows<BlockRow>({ table: 'blocks', index: 'key', prefix: [of], limit })
      return found.map(({ blocked }) => blocked)
    },
    namesBlob: async (digest) =>
      (await rows({ table: 'profiles', index: 'byDigest', prefix: [digest], limit: 1 })).length > 0,
    recoverableBy: async (locatorHash) =>
      ((await model.get('recoveries', [locatorHash])) as RecoveryRow | undefined)?.user,
    requestsOf: (of, { limit }) => rows<RequestRow>({ table: 'requests', index: 'byUser', prefix: [of], limit }),
    peersToTell: async ({ after, limit }) => {
      const peers: Domain[] = []
      for (let last = after; peers.length < limit;) {
        const bound = last === undefined ? {} : { after: [last] }
        const [row] = await rows<WordRow>({ table: 'words', index: 'byPeer', prefix: [], ...bound, limit: 1 })
        if (row?.peer === undefined) break
        last = row.peer
        peers.push(row.peer as Domain)
      }
      return peers
    },
    wordsTo: (peer, { limit }) => rows<WordRow>({ table: 'words', index: 'byPeer', prefix: [peer], limit }),
    revocations: ({ after, limit }) =>
      rows<RevocationRow>({
        table: 'revocations',
        index: 'byPosition',
        prefix: [],
        ...(after === undefined ? {} : { after: [after.position, after.serial] }),
        limit,
      }),
  }
}

/** Bounds of all handles that begin with a prefix: '~' sorts after every character of a handle, and ',' before. */
const startingWith = (prefix: string) => {
  const last = prefix.length - 1
  const before = prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) - 1)
  return { after: [`${before}~`], upTo: [`${prefix}~`] }
}
