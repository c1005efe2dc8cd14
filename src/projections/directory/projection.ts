/** Folds users, clients and contacts into the directory. Who was deleted leaves serial numbers and clients' ids behind. */
import type { AnyEvent } from '../../events/anyEvent.js'
import { endWord, wordIn, wordName } from '../../items/contactWord.js'
import type { Word } from '../../items/contactWord.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import type { Range, Row } from '../../ports/readModels.js'
import type { Placed } from '../../items/placed.js'
import { allRows } from '../allRows.js'
import type { Projection, Rows } from '../projection.js'
import { directorySchema } from './tables.js'
import type { BlockRow, ContactRow, RecoveryRow, RequestRow, UserRow, WordRow } from './tables.js'

/** `readHandle` opens a handle with its user's key; undefined once that was erased. */
export const directoryProjection = (
  readHandle: (user: UserId, encrypted: string) => Promise<string | undefined>,
): Projection => {
  const changes: Changes = {
    ...otherChanges,
    UserRegistered: async (data, _place, rows) => {
      await addUser(data, await readHandle(data.user, data.handle), rows)
    },
  }
  return {
    schema: directorySchema,
    touches: ({ event }) => touched(event),
    project: async (placed, rows) => {
      // The table pairs each type with its own data, which TypeScript cannot follow through an index.
      const change = changes[placed.event.type] as Change<AnyEvent['data']> | undefined
      await change?.(placed.event.data, placed, rows)
    },
  }
}

type Data<Type extends AnyEvent['type']> = Extract<AnyEvent, { type: Type }>['data']
type Place = Pick<Placed, 'at' | 'position'>
type Change<D> = (data: D, place: Place, rows: Rows) => Promise<void> | void
type Changes = { readonly [Type in AnyEvent['type']]?: Change<Data<Type>> }

/** What a batch reads ahead. */
const touched = (event: AnyEvent): ReturnType<NonNullable<Projection['touches']>> => {
  if (event.type === 'UserRegistered') return [{ table: 'clients', key: [event.data.first.client] }]
  if (
    event.type === 'PolicyChanged' ||
    event.type === 'UserDisabled' ||
    event.type === 'UserEnabled' ||
    event.type === 'HandleWithdrawn'
  )
    return [{ table: 'users', key: [event.data.user] }]
  return event.type === 'ClientAdded' || event.type === 'RecoveryKeyUsed'
    ? [{ table: 'clients', key: [event.data.client] }]
    : []
}

const otherChanges: Changes = {
  ClientAdded: ({ user, client }, _place, rows) => addClient(user, client, rows),
  RecoveryKeySet: async ({ user, locatorHash }, _place, rows) => {
    await forgetRecovery(user, rows)
    // Whoever names another's locator does not take it.
    if ((await rows.get('recoveries', [locatorHash])) === undefined) rows.put('recoveries', { locatorHash, user })
  },
  RecoveryKeyUsed: async ({ user, client }, _place, rows) => {
    await forgetRecovery(user, rows)
    await addClient(user, client, rows)
  },
  ClientRemoved: ({ serials }, place, rows) => {
    revoke(serials, place, rows)
  },
  PolicyChanged: (data, _place, rows) => changePolicy(data, rows),
  UserDisabled: ({ user }, _place, rows) => setDisabled(user, true, rows),
  HandleWithdrawn: ({ user }, _place, rows) => withdrawHandle(user, rows),
  UserEnabled: ({ user }, _place, rows) => setDisabled(user, false, rows),
  UserProfileChanged: ({ user, profile: { digest } }, _place, rows) => {
    rows.put('profiles', { user, digest })
  },
  UserDeleted: async (data, place, rows) => {
    await deleteUser(data, place, rows)
    revoke(data.serials, place, rows)
  },
  ConnectionRequested: (data, { at }, rows) => {
    rows.put('requests', { ...data, at })
  },
  ConnectionAccepted: (data, place, rows) => {
    const { user, from, request } = data
    const { at } = place
    rows.remove('requests', [request])
    say(wordIn({ type: 'ConnectionAccepted', data }), place, rows)
    rows.put('contacts', { user, contact: from, since: at })
    rows.put('contacts', { user: from, contact: user, since: at })
  },
  ConnectionRejected: (data, place, rows) => {
    rows.remove('requests', [data.request])
    say(wordIn({ type: 'ConnectionRejected', data }), place, rows)
  },
  ContactSought: (data, place, rows) => {
    say(wordIn({ type: 'ContactSought', data }), place, rows)
  },
  ContactGranted: ({ user, from, request }, { at }, rows) => {
    rows.remove('words', [wordName({ word: 'request', user: from, other: user, request })])
    rows.put('contacts', { user: from, contact: user, since: at })
  },
  ContactEnded: async ({ user, by, request }, _place, rows) => {
    if (request !== undefined) rows.remove('words', [wordName({ word: 'request', user, other: by, request })])
    rows.remove('contacts', [user, by])
    rows.remove('contacts', [by, user])
    await dropRequests(user, by, rows)
  },
  ContactTold: (data, _place, rows) => told(data, rows),
  UserBlocked: async ({ user, blocked }, _place, rows) => {
    rows.put('blocks', { user, blocked })
    await dropRequests(user, blocked, rows)
  },
  UserUnblocked: ({ user, blocked }, _place, rows) => {
    rows.remove('blocks', [user, blocked])
  },
}

const addUser = async (data: Data<'UserRegistered'>, handle: string | undefined, rows: Rows): Promise<void> => {
  const { user, handleHash, first, discovery, claims } = data
  const row = { user, handle: handle ?? null, handleHash, discovery, claims }
  const named = handle === undefined ? {} : { name: handle.toLowerCase() }
  rows.put('users', { ...row, ...named, ...findableBy(row) })
  rows.put('handles', { handleHash, user })
  await addClient(user, first.client, rows)
}

/** Present only for those who allow it: a row without the field is not in the index. */
const findableBy = (
  row: Pick<UserRow, 'discovery' | 'handle'> & { readonly disabled?: true | undefined },
): { readonly findable?: string } =>
  row.discovery === 'prefix' && row.handle !== null && row.disabled !== true
    ? { findable: row.handle.toLowerCase() }
    : {}

/** The first to register a client's id keeps it, even once the client is gone: an id never names another. */
const addClient = async (user: UserId, client: ClientId, rows: Rows): Promise<void> => {
  if ((await rows.get('clients', [client])) === undefined) rows.put('clients', { client, user })
}

const revoke = (serials: readonly string[], { at, position }: Place, rows: Rows): void => {
  for (const serial of serials) rows.put('revocations', { serial, at, position })
}

const withdrawHandle = async (user: UserId, rows: Rows): Promise<void> => {
  const row = (await rows.get('users', [user])) as UserRow | undefined
  if (row === undefined) return
  const { findable: _findable, name: _name, ...rest } = row
  rows.put('users', { ...rest, handle: null })
  if ((await rows.get('handles', [row.handleHash]))?.['user'] === user) rows.remove('handles', [row.handleHash])
}

const setDisabled = async (user: UserId, disabled: boolean, rows: Rows): Promise<void> => {
  const row = (await rows.get('users', [user])) as UserRow | undefined
  if (row === undefined) return
  const { findable: _findable, disabled: _before, ...rest } = row
  const { handle, discovery } = row
  const changed = { ...rest, user, handle, discovery, ...(disabled ? { disabled: true as const } : {}) }
  rows.put('users', { ...changed, ...findableBy(changed) })
}

const changePolicy = async ({ user, discovery, claims }: Data<'PolicyChanged'>, rows: Rows): Promise<void> => {
  const row = (await rows.get('users', [user])) as UserRow | undefined
  if (row === undefined) return
  const { findable: _before, ...rest } = row
  const changed = { ...rest, discovery, claims, user, handle: row.handle }
  rows.put('users', { ...changed, ...findableBy(changed) })
}

/** Blocking answers what was pending; a user has few requests at a time (docs/limits.md). */
const dropRequests = async (user: UserId, from: UserId, rows: Rows): Promise<void> => {
  const pending = await rows.range({ table: 'requests', index: 'byUser', prefix: [user], limit: pageRows })
  for (const row of pending as readonly RequestRow[]) if (row.from === from) rows.remove('requests', [row.request])
}

const deleteUser = async ({ user, handleHash }: Data<'UserDeleted'>, place: Place, rows: Rows): Promise<void> => {
  rows.remove('users', [user])
  rows.remove('profiles', [user])
  await forgetRecovery(user, rows)
  if ((await rows.get('handles', [handleHash]))?.['user'] === user) rows.remove('handles', [handleHash])
  await takeLeave(user, place, rows)
  await forgetContacts(user, rows)
}

const forgetRecovery = async (user: UserId, rows: Rows): Promise<void> => {
  const found = await rows.range({ table: 'recoveries', index: 'byUser', prefix: [user], limit: 1 })
  for (const row of found as readonly RecoveryRow[]) rows.remove('recoveries', [row.locatorHash])
}

const forgetContacts = async (user: UserId, rows: Rows): Promise<void> => {
  for await (const row of eachLeft(rows, { table: 'contacts', index: 'key', prefix: [user] })) {
    const { contact } = row as ContactRow
    rows.remove('contacts', [user, contact])
    rows.remove('contacts', [contact, user])
  }
  for (const index of ['key', 'byBlocked']) {
    for await (const row of eachLeft(rows, { table: 'blocks', index, prefix: [user] })) {
      const block = row as BlockRow
      rows.remove('blocks', [block.user, block.blocked])
    }
  }
  for (const index of ['byUser', 'byFrom']) {
    for await (const row of eachLeft(rows, { table: 'requests', index, prefix: [user] })) {
      rows.remove('requests', [(row as RequestRow).request])
    }
  }
}

/** To whoever's server it was told to, and not yet heard. */
const say = (word: Word | undefined, { at, position }: Place, rows: Rows): void => {
  if (word !== undefined) rows.put('words', { name: wordName(word), ...word, at, peer: domainOf(word.other), position })
}

/** Who was asked stays known, until it answers: it is told when the one who asked is gone. */
const told = async (data: Data<'ContactTold'>, rows: Rows): Promise<void> => {
  const name = wordName(data)
  const row = (await rows.get('words', [name])) as WordRow | undefined
  if (row === undefined) return
  const { peer: _peer, position: _position, ciphertext: _ciphertext, ...asked } = row
  if (data.word === 'request' && data.outcome === 'told') rows.put('words', asked)
  else rows.remove('words', [name])
}

/** What it had still to say is said no more but this: that it is gone, to all who knew it on other servers. */
const takeLeave = async (user: UserId, place: Place, rows: Rows): Promise<void> => {
  const others = new Set<UserId>()
  for await (const row of eachLeft(rows, { table: 'words', index: 'byUser', prefix: [user] })) {
    const { name, word, other, peer } = row as WordRow
    if (word === 'request' && peer === undefined) others.add(other)
    rows.remove('words', [name])
  }
  const contacts = await allRows(rows, { table: 'contacts', index: 'key', prefix: [user] }, ({ contact }) => [
    contact as UserId,
  ])
  for (const { contact } of contacts as readonly ContactRow[])
    if (domainOf(contact) !== domainOf(user)) others.add(contact)
  for (const other of others) say(endWord(user, other), place, rows)
}

const pageRows = 1_000

/** Rows that the caller removes, until nothing is left: nobody's stay behind for being many. */
async function* eachLeft(rows: Rows, range: Pick<Range, 'table' | 'index' | 'prefix'>): AsyncGenerator<Row> {
  for (;;) {
    const page = await rows.range({ ...range, limit: pageRows })
    if (page.length === 0) return
    yield* page
  }
}
