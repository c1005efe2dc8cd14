/** Reactions under a message: whose they are, and how many of each there are. Pure. */
import type { MessageId, UserId } from '../client/index.js'
import type { Conversation, Message } from './model.js'

/** `marks`: each usually an emoji. */
export type Reaction = { readonly id: MessageId; readonly from: UserId; readonly marks: readonly string[] }

/** What one may choose from; others come from whoever has another application. */
export const offered = ['👍', '❤️', '😂', '🎉', '😮', '😢'] as const

/** Of one message; a member that floods it pushes out the oldest. */
const reactionsMax = 200
const marksMax = 8
/** As many characters as the longest emoji has, flags and families among them. */
const markLengthMax = 16

/** The message with one more reaction; undefined where nothing here has that name. `instead`: of an earlier one of the same user. */
export const reacted = (
  { messages }: Conversation,
  to: MessageId,
  { id, from, marks }: Reaction,
  instead?: MessageId,
): Message | undefined => {
  const message = messages.find(({ said }) => said === to)
  if (message === undefined) return undefined
  const others = (message.reactions ?? []).filter((one) => one.id !== id && !(one.id === instead && one.from === from))
  const shown = marks.slice(0, marksMax).map((mark) => mark.slice(0, markLengthMax))
  return { ...message, reactions: [...others, { id, from, marks: shown }].slice(-reactionsMax) }
}

/** Taken back by whose it was. */
export const unreacted = ({ messages }: Conversation, of: MessageId, from: UserId): Message | undefined => {
  const isIt = (one: Reaction): boolean => one.id === of && one.from === from
  const message = messages.find(({ reactions = [] }) => reactions.some(isIt))
  return message === undefined
    ? undefined
    : { ...message, reactions: (message.reactions ?? []).filter((one) => !isIt(one)) }
}

/** The one of a user that has this mark. */
export const reactionOf = ({ reactions = [] }: Message, from: UserId, mark: string): Reaction | undefined =>
  reactions.find((one) => one.from === from && one.marks.includes(mark))

/** By mark, in the order in which they first came, each user once. */
export const marksOf = ({ reactions = [] }: Message): ReadonlyMap<string, readonly UserId[]> => {
  const found = new Map<string, readonly UserId[]>()
  for (const { marks, from } of reactions)
    for (const mark of marks) found.set(mark, [...new Set([...(found.get(mark) ?? []), from])])
  return found
}
