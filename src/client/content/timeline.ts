/** A conversation as people see it: messages with their edits, deletions, reactions and receipts, each only from who may. */
import type { UserId } from '../../mls/wire/ids.js'
import type { Body } from './body.js'
import { type Content, textOf } from './content.js'
import type { Message } from './message.js'
import type { MessageId } from './messageId.js'
import type { MessageStatus, StatusReport } from './statusReport.js'

export type Shown = {
  /** As it was sent first. */
  readonly message: Message
  /** As it is now; of a deleted one, the deletion. */
  readonly content: Content
  readonly text: string
  readonly edited: boolean
  readonly deleted: boolean
  /** Who reacts how, in the order in which they first did. */
  readonly reactions: ReadonlyMap<string, readonly UserId[]>
  /** The newest that each user reported of it. */
  readonly status: ReadonlyMap<UserId, MessageStatus>
}

export type Timeline = {
  /** In the order of the group; those of this client, too, as `send` and its like give them. */
  readonly add: (message: Message) => void
  /** Oldest first. */
  readonly shown: () => readonly Shown[]
}

type Reaction = { readonly id: MessageId; readonly user: UserId; readonly reactions: readonly string[] }
type Entry = Omit<Shown, 'reactions' | 'status'> & {
  readonly reactions: readonly Reaction[]
  readonly status: ReadonlyMap<UserId, MessageStatus>
}

export const newTimeline = (): Timeline => {
  /** By the id of the message that they show, in order. */
  const entries = new Map<MessageId, Entry>()
  /** The entry that each version of a message, and each reaction, belongs to. */
  const versions = new Map<string, MessageId>()
  const reactions = new Map<MessageId, MessageId>()

  const entryAt = (id: MessageId | undefined, { group }: Message): Entry | undefined => {
    const entry = id === undefined ? undefined : entries.get(id)
    return entry?.message.group === group ? entry : undefined
  }
  const versionNamed = (id: MessageId, by: Message): Entry | undefined =>
    entryAt(versions.get(id) ?? versions.get(orphanKey(id, by)), by)
  const change = (entry: Entry, changes: Partial<Entry>): void => {
    entries.set(entry.message.id, { ...entry, ...changes })
  }
  const begin = (message: Message, content: Content, edited: boolean): void => {
    const begun = { message, content, text: textOf(content), edited, deleted: false, reactions: [], status: new Map() }
    entries.set(message.id, begun)
    versions.set(message.id, message.id)
  }

  const edit = (message: Message, of: MessageId, to: Body): void => {
    if (to.type === 'nothing' || reactions.has(of)) return
    const entry = versionNamed(of, message)
    if (entry === undefined) {
      // Of a message from before this client came: shown under the name of who sent the edit, whosever the first version was.
      begin(message, to, true)
      versions.set(orphanKey(of, message), message.id)
    } else if (isOwn(entry, message) && !entry.deleted) {
      change(entry, { content: to, text: textOf(to), edited: true })
      versions.set(message.id, entry.message.id)
    }
  }
  const withdraw = (message: Message, of: MessageId): void => {
    const reacted = entryAt(reactions.get(of), message)
    if (reacted !== undefined) {
      change(reacted, { reactions: withoutOwn(reacted, of, message) })
      return
    }
    const entry = versionNamed(of, message)
    if (entry !== undefined && isOwn(entry, message))
      change(entry, { content: message.content, text: '', deleted: true })
  }
  const react = (message: Message, to: MessageId, said: readonly string[]): void => {
    const entry = versionNamed(to, message)
    if (entry === undefined) return
    const { id, from, replaces } = message
    const rest = replaces === undefined ? entry.reactions : withoutOwn(entry, replaces, message)
    change(entry, { reactions: [...rest, { id, user: from.user, reactions: said }] })
    reactions.set(id, entry.message.id)
  }
  const report = (message: Message, { message: id, status }: StatusReport): void => {
    const entry = versionNamed(id, message)
    const { user } = message.from
    // Receipts overtake each other: what was read has been delivered.
    if (entry === undefined || (status === 'delivered' && entry.status.has(user))) return
    change(entry, { status: new Map(entry.status).set(user, status) })
  }

  const add = (message: Message): void => {
    const { id, content } = message
    if (versions.has(id) || reactions.has(id)) return
    switch (content.type) {
      case 'edit':
        edit(message, content.of, content.to)
        return
      case 'deletion':
      case 'unreaction':
        withdraw(message, content.of)
        return
      case 'reaction':
        react(message, content.to, content.reactions)
        return
      case 'status':
        for (const one of content.reports) report(message, one)
        return
      case 'text':
      case 'attachment':
      case 'data':
      case 'multipart':
      case 'unsupported':
        begin(message, content, false)
    }
  }
  return { add, shown: () => [...entries.values()].map(shownOf) }
}

/** Of a message that is not known, each user has a version of its own: none can take it from whoever wrote it. */
const orphanKey = (id: MessageId, { from, group }: Message): string => `${id} ${from.user} ${group}`

/** Clients of one user are one person. */
const isOwn = ({ message }: Entry, { from }: Message): boolean => message.from.user === from.user

const withoutOwn = ({ reactions }: Entry, id: MessageId, { from }: Message): readonly Reaction[] =>
  reactions.filter((reaction) => reaction.id !== id || reaction.user !== from.user)

const shownOf = ({ reactions, ...entry }: Entry): Shown => {
  const byReaction = new Map<string, readonly UserId[]>()
  for (const { user, reactions: own } of reactions)
    for (const reaction of own) byReaction.set(reaction, [...new Set([...(byReaction.get(reaction) ?? []), user])])
  return { ...entry, reactions: byReaction }
}
