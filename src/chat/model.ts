/** What the page shows, as data, and how it changes: pure, so that it can be read and tested without a browser. */
import type {
  Evidence,
  GroupId,
  Message as SdkMessage,
  MessageId,
  PushPolicy,
  Status,
  UserId,
} from '../client/index.js'
import type { CardOfGroup } from './card.js'
import type { Reaction } from './reactions.js'
import type { Typist } from './typing.js'
import type { Waking } from './waking/waking.js'

export type Message = {
  /** The one by which all members name it, or made by this page: what it writes keeps it while it is on its way. */
  readonly id: string
  readonly at: number
  /** Undefined: a line of the page's own, about who came and went. */
  readonly from?: UserId
  readonly text: string
  /** As all members name it; undefined until it was sent. */
  readonly said?: MessageId
  readonly edited?: true
  readonly reactions?: readonly Reaction[]
  /** One that this page sends. */
  readonly file?: { readonly name: string; readonly size: number; readonly description: string }
  /** What the message says, where it carries files: by it the SDK finds them. */
  readonly content?: SdkMessage['content']
  /** How much of its file has been sent, from 0 to 1. */
  readonly done?: number
  readonly fate?: 'sending' | 'failed'
  /** Of another person's: what a report of it needs, where it can be reported. */
  readonly evidence?: Evidence
  readonly reported?: true
}

export type Conversation = {
  readonly id: GroupId
  readonly card: CardOfGroup
  readonly members: readonly UserId[]
  readonly admins: readonly UserId[]
  readonly messages: readonly Message[]
  readonly unread: number
  /** What of it wakes this person while the page is closed. */
  readonly wakes?: PushPolicy
  /** False once it has ended, or while the group's state is being had again. */
  readonly open: boolean
}

export type Me = { readonly user: UserId; readonly handle: string }

export type State = {
  readonly me: Me
  readonly status: Status
  readonly conversations: readonly Conversation[]
  /** As people call themselves, of those who told. */
  readonly names: { readonly [user: UserId]: string }
  /** Addresses in this page of the pictures of people and groups, of those who have one. */
  readonly portraits: { readonly [of: UserId | GroupId]: string }
  readonly selected?: GroupId
  /** Who is writing now. */
  readonly typists?: readonly Typist[]
  /** Whether this person is woken while the page is closed; undefined where the browser cannot. */
  readonly waking?: Waking
  /** What went wrong last, for the person to read and dismiss. */
  readonly trouble?: string
}

export const emptyConversation = (id: GroupId): Conversation => ({
  id,
  card: { name: '', people: {} },
  members: [],
  admins: [],
  messages: [],
  unread: 0,
  open: true,
})

export const unreadIn = ({ conversations }: State): number => conversations.reduce((sum, { unread }) => sum + unread, 0)

export const conversationIn = (state: State, id: GroupId | undefined): Conversation | undefined =>
  state.conversations.find((conversation) => conversation.id === id)

/** Changes one conversation, which begins where it is not known; the one that something was said in last stands first. */
export const changed = (state: State, id: GroupId, change: (conversation: Conversation) => Conversation): State => {
  const before = conversationIn(state, id) ?? emptyConversation(id)
  const others = state.conversations.filter((conversation) => conversation.id !== id)
  const conversations = [change(before), ...others].toSorted((a, b) => lastAt(b) - lastAt(a))
  return { ...state, conversations }
}

const lastAt = ({ messages }: Conversation): number => messages.at(-1)?.at ?? 0

/**
 * Said by somebody else, it is unread unless its conversation is looked at. The SDK tells again what the page was stopped in: a
 * message stands once.
 */
export const heard = (state: State, id: GroupId, message: Message, isSeen: boolean): State =>
  changed(state, id, (conversation) =>
    conversation.messages.some((known) => known.id === message.id)
      ? conversation
      : {
          ...conversation,
          messages: [...conversation.messages, message],
          unread: isSeen || message.from === undefined ? conversation.unread : conversation.unread + 1,
        },
  )

/** The message of the page's own id, changed. */
export const withMessage = (state: State, id: GroupId, message: string, change: (message: Message) => Message): State =>
  changed(state, id, (conversation) => ({
    ...conversation,
    messages: conversation.messages.map((one) => (one.id === message ? change(one) : one)),
  }))

export const doing = (message: Message, fate: 'sending' | 'failed'): Message => ({ ...message, fate })

/** As a page that is opened again shows it: the SDK sends what was on its way, or tells that it could not. */
export const takenUp = ({ fate, ...message }: Message): Message =>
  fate === undefined || fate === 'sending' ? message : { ...message, fate }

/** The server has it: from now on it has the name by which others speak of it. */
export const arrived = ({ fate: _, ...message }: Message, said: MessageId): Message => ({ ...message, said })

export const arrivedFile = (
  { fate: _, done: _done, ...message }: Message,
  { id, content }: Pick<SdkMessage, 'id' | 'content'>,
): Message => ({ ...message, said: id, content })

/** What a member's own message says now; undefined where nothing of theirs has that name. */
export const revised = (
  conversation: Conversation,
  of: MessageId,
  { from, text }: { readonly from: UserId; readonly text: string },
): Message | undefined => {
  const message = conversation.messages.find(({ said }) => said === of)
  return message?.from === from ? { ...message, text, edited: true } : undefined
}

export const selecting = (state: State, id: GroupId | undefined): State => {
  const { selected: _, ...rest } = state
  if (id === undefined) return rest
  return { ...changed(rest, id, (conversation) => ({ ...conversation, unread: 0 })), selected: id }
}

export const ownNameOf = ({ me, names }: State): string => names[me.user] ?? me.handle

/** As people call themselves, else as the members know each other; whom nobody named is called by the beginning of the id. */
export const nameOf = (state: State, { card }: Conversation, user: UserId): string =>
  user === state.me.user
    ? ownNameOf(state)
    : (state.names[user] ??
      atHome(state, user, card.people[user] ?? `someone ${user.split('/').at(-1)?.slice(0, 4) ?? ''}`))

/** Whoever is of another server is called with its name: `bob` here is another one than `bob` there. */
const atHome = ({ me }: State, user: UserId, handle: string): string => {
  const [name = handle] = handle.split('@')
  return serverOf(user) === serverOf(me.user) ? name : `${name}@${serverOf(user)}`
}

const serverOf = (user: UserId): string => user.split('/')[2] ?? ''

/** Its own name, or those of the others in it. */
export const titleOf = (state: State, conversation: Conversation): string => {
  if (conversation.card.name !== '') return conversation.card.name
  const others = conversation.members.filter((user) => user !== state.me.user)
  if (others.length === 0) return 'Only you'
  return others.map((user) => nameOf(state, conversation, user)).join(', ')
}

/** Its own, else that of the other one where it is called by that one's name. */
export const portraitOf = ({ me, portraits }: State, { id, card, members }: Conversation): string | undefined => {
  const [other, ...more] = members.filter((user) => user !== me.user)
  const isOfOne = card.name === '' && other !== undefined && more.length === 0
  return portraits[id] ?? (isOfOne ? portraits[other] : undefined)
}

export const portrayed = (state: State, of: UserId | GroupId, address: string | undefined): State => {
  const { [of]: _, ...portraits } = state.portraits
  return { ...state, portraits: address === undefined ? portraits : { ...portraits, [of]: address } }
}
