/** A message, read from what was encrypted; whatever that is, reading never fails. */
import type { ClientId, GroupId, UserId } from '../../mls/wire/ids.js'
import { utf8In } from './body.js'
import { type Content, meaningOf, textOf } from './content.js'
import { roomUri, senderUri } from './extensions.js'
import { Malformed } from './malformed.js'
import { type MessageId, messageIdOf } from './messageId.js'
import { decodeContent, type Expiration, looksLikeContent, type MimiContent, saltOf } from './mimiContent.js'

/** Whoever is in a group, as its verified certificate names it. */
export type Member = { readonly user: UserId; readonly client: ClientId }

export type Message = {
  /** The same for everybody in the group (draft-ietf-mimi-content-08 §3.3). */
  readonly id: MessageId
  readonly group: GroupId
  readonly from: Member
  readonly content: Content
  /** The content as text: of what has none, something readable; empty for deletions, taken back reactions and receipts. */
  readonly text: string
  /** The bytes of a text or of data as they were sent; of anything else, the whole content. */
  readonly data: Uint8Array
  readonly replaces: MessageId | undefined
  readonly inReplyTo: MessageId | undefined
  /** Of messages that belong together; undefined for none. */
  readonly topic: Uint8Array | undefined
  readonly expires: Expiration | undefined
}

/** Where the plaintext came from. `seal`: the digest of the MLSMessage, the salt of what has none. */
export type Origin = { readonly group: GroupId; readonly from: Member; readonly seal: Uint8Array }

export const readMessage = (plaintext: Uint8Array, { group, from, seal }: Origin): Message => {
  const id = messageIdOf(from.user, group, plaintext, saltOf(plaintext) ?? seal)
  return { id, group, from, ...readAs(plaintext, { group, from }) }
}

type Read = Omit<Message, 'id' | 'group' | 'from'>
const bare = { replaces: undefined, inReplyTo: undefined, topic: undefined, expires: undefined }

const readAs = (plaintext: Uint8Array, origin: Pick<Origin, 'group' | 'from'>): Read => {
  if (!looksLikeContent(plaintext)) return readPlain(plaintext)
  try {
    const content = decodeContent(plaintext)
    holdToOrigin(content, origin)
    return readContent(content, plaintext)
  } catch (error) {
    // Whatever it is: one message of somebody else's must not end the reading of all others.
    return unsupported(plaintext, error instanceof Error ? error.message : String(error))
  }
}

/** What clients sent before they sent contents: UTF-8 text as it is. */
const readPlain = (plaintext: Uint8Array): Read => {
  const text = utf8In(plaintext)
  if (text === undefined) return unsupported(plaintext, 'neither a content nor text')
  const content: Content = { type: 'text', text, contentType: 'text/plain;charset=utf-8', language: '' }
  return { content, text, data: plaintext, ...bare }
}

const readContent = (mimi: MimiContent, plaintext: Uint8Array): Read => {
  const content = meaningOf(mimi)
  return {
    content,
    text: textOf(content),
    data: mimi.body.kind === 'single' ? mimi.body.content : plaintext,
    replaces: mimi.replaces,
    inReplyTo: mimi.inReplyTo,
    topic: mimi.topic.length === 0 ? undefined : mimi.topic,
    expires: mimi.expires,
  }
}

/** Another sender or group than MLS says: copied from elsewhere, or a lie. */
const holdToOrigin = ({ extensions }: MimiContent, { group, from }: Pick<Origin, 'group' | 'from'>): void => {
  const [sender, room] = [extensions.get(senderUri), extensions.get(roomUri)]
  if (sender !== undefined && sender !== from.user) throw new Malformed('it names another sender')
  if (room !== undefined && room !== group) throw new Malformed('it names another group')
}

const unsupported = (bytes: Uint8Array, reason: string): Read => {
  const content: Content = { type: 'unsupported', bytes, reason }
  return { content, text: textOf(content), data: bytes, ...bare }
}
