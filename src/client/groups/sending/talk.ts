/** What members say in a group: each call makes one content and sends it. */
import { expectBody, expectMessage, expectOneOf, expectText, expectUsers } from '../../arguments.js'
import { type Message, readMessage } from '../../content/message.js'
import { saltBytes } from '../../content/mimiContent.js'
import {
  deletionOf,
  type Draft,
  editOf,
  type Named,
  type NewBody,
  newMessage,
  type NewMessage,
  reactionTo,
  reportOf,
  sealDraft,
  unreactionOf,
} from '../../content/newContent.js'
import { type MessageStatus, statuses } from '../../content/statusReport.js'
import { randomBytes } from '../../crypto/random.js'
import type { Engine } from '../../engine/engine.js'
import type { GroupId, UserId } from '../../../mls/wire/ids.js'
import { tagged } from '../franking.js'
import { send } from './send.js'
import { type Urgency, urgencies } from '../../api/groups.js'
import { tellOwnProfile } from '../profiles/tellProfile.js'

/**
 * Each resolves with the message as the others read it, once the server has it durably. Throws `LogChanged` when a restored
 * server answered, `NotInGroup`, and TypeError for what is no message.
 */
export type Talk = {
  /** Text is plain; `{ text, format: 'markdown' }`, `{ data, contentType }` and `{ attachment }` say more. */
  readonly send: (message: string | Uint8Array | NewMessage, options?: SendOptions) => Promise<Message>
  readonly reply: (to: Named, message: string | Uint8Array | NewBody, options?: SendOptions) => Promise<Message>
  /** Others take edits and deletions only from the user whose message it was. */
  readonly edit: (message: Named, to: string | Uint8Array | NewBody) => Promise<Message>
  /** A message of one's own: the others show that it is gone. */
  readonly deleteMessage: (message: Named) => Promise<Message>
  /** One emoji or several; `instead` of an earlier reaction of this user, where one is given. */
  readonly react: (message: Named, reaction: string | readonly string[], instead?: Named) => Promise<Message>
  /** Takes back what `react` gave. */
  readonly unreact: (reaction: Named) => Promise<Message>
  /** A read receipt: every member gets it. */
  readonly markRead: (...messages: readonly Named[]) => Promise<Message>
  readonly mark: (status: MessageStatus, ...messages: readonly Named[]) => Promise<Message>
}

export type SendOptions = {
  /**
   * Users whose clients alone are woken and shown it, at most 50 of them with this user's own. Routing, not secrecy: every
   * member holds the key, and the homeserver knows whom it was for. After 500 in an epoch this client updates its keys first.
   */
  readonly to?: readonly UserId[]
  /**
   * Whether those who are away are woken: `urgent` at once, `normal` (the default) as their push service sees fit, `silent` not at
   * all, nor counted as unread. What a reader wants of the group wins. Edits, deletions, reactions and receipts are silent.
   */
  readonly urgency?: Urgency
}

export const talkIn = (engine: Engine, group: GroupId): Talk => {
  const mark: Talk['mark'] = async (status, ...messages) => {
    expectOneOf('mark', status, statuses)
    if (messages.length === 0) throw new TypeError('mark: expected at least one message')
    for (const message of messages) expectMessage('mark', message)
    return say(engine, group, reportOf(status, messages), silent)
  }
  return {
    send: async (message, options = {}) => {
      expectBody('send', message)
      expectOptions('send', options)
      if (typeof message === 'object' && 'inReplyTo' in message && message.inReplyTo !== undefined)
        expectMessage('send', message.inReplyTo)
      return say(engine, group, newMessage(message), options)
    },
    reply: async (to, message, options = {}) => {
      expectMessage('reply', to)
      expectBody('reply', message)
      expectOptions('reply', options)
      return say(engine, group, { ...newMessage(message), inReplyTo: to.id }, options)
    },
    edit: async (message, to) => {
      expectOwn(engine, 'edit', message)
      expectBody('edit', to)
      return say(engine, group, editOf(message, to), silent)
    },
    deleteMessage: async (message) => {
      expectOwn(engine, 'deleteMessage', message)
      return say(engine, group, deletionOf(message), silent)
    },
    react: async (message, reaction, instead) => {
      expectMessage('react', message)
      if (instead !== undefined) expectOwn(engine, 'react', instead)
      const reactions = typeof reaction === 'string' ? [reaction] : reaction
      if (reactions.length === 0) throw new TypeError('react: expected a reaction')
      for (const one of reactions) expectText('react', one)
      return say(engine, group, reactionTo(message, reactions, instead), silent)
    },
    unreact: async (reaction) => {
      expectOwn(engine, 'unreact', reaction)
      return say(engine, group, unreactionOf(reaction), silent)
    },
    markRead: (...messages) => mark('read', ...messages),
    mark,
  }
}

/** The others would not believe it. */
function expectOwn(engine: Engine, call: string, message: Named | undefined): asserts message is Named {
  expectMessage(call, message)
  const user = message?.from?.user
  if (user !== undefined && user !== engine.account.user)
    throw new TypeError(`${call}: the message is another user's, ${user}`)
}

const expectOptions = (call: string, { to, urgency }: SendOptions): void => {
  if (to !== undefined) expectUsers(`${call}: to`, to)
  if (urgency !== undefined) expectOneOf(`${call}: urgency`, urgency, urgencies)
}

/** What changes or answers something that was said wakes nobody. */
const silent: SendOptions = { urgency: 'silent' }

/** What nobody could read is not sent. */
const say = async (engine: Engine, group: GroupId, draft: Draft, options: SendOptions): Promise<Message> => {
  const { user, client } = engine.account
  const plaintext = sealDraft(draft, { sender: user, room: group, salt: randomBytes(saltBytes) })
  const message = readMessage(plaintext, { group, from: { user, client }, seal: new Uint8Array() })
  if (message.content.type === 'unsupported') throw new TypeError(`no content: ${message.content.reason}`)
  await tellOwnProfile(engine, group)
  await send(engine, group, { ...options, plaintext, authenticatedData: tagged(plaintext) })
  return message
}
