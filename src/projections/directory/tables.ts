/** The tables of the directory: who is there under which handle and with which clients, revocations, contacts. */
import type { UserEvent } from '../../events/user.js'
import type { Word } from '../../items/contactWord.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import type { Row, Schema } from '../../ports/readModels.js'

export const directorySchema = {
  name: 'directory',
  version: 4,
  tables: {
    /** `findable` is the folded handle of those who may be found by the beginning of it; absent for all others. `name`: of all, for operators. */
    users: { key: ['user'], indexes: { byFindable: ['findable'], byName: ['name'] } },
    handles: { key: ['handleHash'], indexes: {} },
    /** Whose each client was first, for ever. */
    clients: { key: ['client'], indexes: {} },
    /** In the order of the log. */
    revocations: { key: ['serial'], indexes: { byPosition: ['position'] } },
    /** One row each way. */
    contacts: { key: ['user', 'contact'], indexes: {} },
    blocks: { key: ['user', 'blocked'], indexes: { byBlocked: ['blocked'] } },
    /** Of each user that has one, the blob of its profile. */
    profiles: { key: ['user'], indexes: { byDigest: ['digest'] } },
    /** Where a user's recovery key is found. */
    recoveries: { key: ['locatorHash'], indexes: { byUser: ['user'] } },
    /** What other servers are to be told of contacts, and, without `peer`, whom they were told that somebody asks. */
    words: { key: ['name'], indexes: { byPeer: ['peer', 'position'], byUser: ['user'] } },
    requests: { key: ['request'], indexes: { byUser: ['user', 'at'], byFrom: ['from'] } },
  },
} as const satisfies Schema

type Policy = Extract<UserEvent, { type: 'PolicyChanged' }>['data']

export type UserRow = Row & {
  readonly user: UserId
  /** As the user wrote it; null once its key was erased. */
  readonly handle: string | null
  readonly handleHash: string
  readonly findable?: string
  readonly name?: string
  /** An operator keeps the user out: nobody finds it. Absent where not. */
  readonly disabled?: true
  readonly discovery: Policy['discovery']
  readonly claims: Policy['claims']
}
export type HandleRow = Row & { readonly handleHash: string; readonly user: UserId }
export type ClientRow = Row & { readonly client: ClientId; readonly user: UserId }
export type RevocationRow = Row & { readonly serial: string; readonly at: number; readonly position: number }
export type ContactRow = Row & { readonly user: UserId; readonly contact: UserId; readonly since: number }
export type RecoveryRow = Row & { readonly locatorHash: string; readonly user: UserId }
export type BlockRow = Row & { readonly user: UserId; readonly blocked: UserId }
export type WordRow = Row &
  Word & {
    readonly name: string
    /** When it was said, ms. */
    readonly at: number
    readonly peer?: string
    readonly position?: number
  }
export type RequestRow = Row & {
  readonly request: string
  readonly user: UserId
  readonly from: UserId
  readonly ciphertext: string
  readonly at: number
}
