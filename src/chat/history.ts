/** What was said, kept in this browser: the server forgets a message once it is collected, and the SDK once it is told. */
import type { GroupId } from '../client/index.js'
import { settled } from '../client/store/settled.js'
import type { Message } from './model.js'

export type History = {
  readonly all: () => Promise<ReadonlyMap<GroupId, readonly Message[]>>
  /** The same id again replaces it. */
  readonly keep: (group: GroupId, message: Message) => Promise<void>
}

type Row = Message & { readonly group: GroupId }

const table = 'messages'

export const openHistory = async (name: string): Promise<History> => {
  const opening = indexedDB.open(name, 1)
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(table, { keyPath: 'id' })
  }
  const database = await settled(opening)
  return {
    all: async () => {
      const rows = (await settled(database.transaction(table).objectStore(table).getAll())) as readonly Row[]
      return byGroup(rows.toSorted((a, b) => a.at - b.at))
    },
    keep: async (group, message) => {
      const rows = database.transaction(table, 'readwrite').objectStore(table)
      await settled(rows.put({ ...message, group } satisfies Row))
    },
  }
}

const byGroup = (rows: readonly Row[]): ReadonlyMap<GroupId, readonly Message[]> => {
  const groups = new Map<GroupId, Message[]>()
  for (const { group, ...message } of rows) {
    const messages = groups.get(group) ?? []
    messages.push(message)
    groups.set(group, messages)
  }
  return groups
}
