/** Contents of our own: what a client says, as the parts of draft-ietf-mimi-content-08. */
import { roomUri, senderUri } from './extensions.js'
import type { Attachment } from './externalPart.js'
import type { Message } from './message.js'
import type { MessageId } from './messageId.js'
import { encodeContent, type Expiration, type MimiContent } from './mimiContent.js'
import type { Disposition, NestedPart } from './nestedPart.js'
import { encodeReport, type MessageStatus, statusMediaType } from './statusReport.js'

export type NewBody =
  /** Markdown is GitHub's, without HTML and autolinks (§7.1.1). */
  | { readonly text: string; readonly format?: 'plain' | 'markdown'; readonly language?: string }
  | { readonly data: Uint8Array; readonly contentType: string; readonly disposition?: Disposition }
  | { readonly attachment: NewAttachment; readonly disposition?: Disposition; readonly language?: string }

/** What is left out is empty, zero or unknown. */
export type NewAttachment = Pick<Attachment, 'contentType' | 'url'> & Partial<Attachment>

export type NewMessage = NewBody & {
  readonly inReplyTo?: Named | undefined
  readonly topic?: Uint8Array | undefined
  readonly expires?: Expiration | undefined
}

/** A message as it is referred to; one that `send` gave or that came as an event, or its id alone. */
export type Named = { readonly id: MessageId } & Partial<
  Pick<Message, 'from' | 'content' | 'inReplyTo' | 'topic' | 'expires'>
>

/** A content before it is sent: who, where and the salt are missing. */
export type Draft = Omit<MimiContent, 'salt' | 'extensions'>

const plainText = 'text/plain;charset=utf-8'
const markdown = 'text/markdown;variant=GFM-MIMI'

const alone = { replaces: undefined, topic: new Uint8Array(), expires: undefined, inReplyTo: undefined }

export const newMessage = (message: string | Uint8Array | NewMessage): Draft => {
  const body = partOf(message)
  if (typeof message === 'string' || message instanceof Uint8Array) return { ...alone, body }
  const { inReplyTo, topic = alone.topic, expires } = message
  return { ...alone, inReplyTo: inReplyTo?.id, topic, expires, body }
}

/** Nothing but the body changes (§9.3), and every edit replaces the first version (§5.5). */
export const editOf = (message: Named, to: string | Uint8Array | NewBody): Draft => ({
  ...unchanged(message),
  body: partOf(to),
})

export const deletionOf = (message: Named): Draft => ({ ...unchanged(message), body: empty('render') })

export const reactionTo = (message: Named, reactions: readonly string[], instead: Named | undefined): Draft => ({
  ...alone,
  replaces: instead?.id,
  inReplyTo: message.id,
  body: reactionPart(reactions),
})

export const unreactionOf = (reaction: Named): Draft => ({ ...unchanged(reaction), body: empty('reaction') })

export const reportOf = (status: MessageStatus, messages: readonly Named[]): Draft => ({
  ...alone,
  body: {
    disposition: 'unspecified',
    language: '',
    kind: 'single',
    contentType: statusMediaType,
    content: encodeReport(messages.map(({ id }) => ({ message: id, status }))),
  },
})

/** The bytes to encrypt. `salt`: 16 fresh random ones. */
export const sealDraft = (
  draft: Draft,
  { sender, room, salt }: { readonly sender: string; readonly room: string; readonly salt: Uint8Array },
): Uint8Array => {
  const extensions = new Map([
    [senderUri, sender],
    [roomUri, room],
  ])
  return encodeContent({ ...draft, salt, extensions })
}

const unchanged = ({ id, content, inReplyTo, topic, expires }: Named): Omit<Draft, 'body'> => ({
  replaces: content?.type === 'edit' ? content.of : id,
  topic: topic ?? alone.topic,
  expires,
  inReplyTo,
})

const empty = (disposition: Disposition): NestedPart => ({ disposition, language: '', kind: 'null' })

const partOf = (body: string | Uint8Array | NewBody): NestedPart => {
  if (typeof body === 'string') return textPart({ text: body })
  if (body instanceof Uint8Array) return dataPart({ data: body, contentType: 'application/octet-stream' })
  if ('text' in body) return textPart(body)
  return 'data' in body ? dataPart(body) : attachmentPart(body)
}

const utf8 = new TextEncoder()

const textPart = ({ text, format, language = '' }: Extract<NewBody, { text: string }>): NestedPart => ({
  disposition: 'render',
  language,
  kind: 'single',
  contentType: format === 'markdown' ? markdown : plainText,
  content: utf8.encode(text),
})

const dataPart = ({ data, contentType, disposition }: Extract<NewBody, { data: Uint8Array }>): NestedPart => ({
  disposition: disposition ?? 'render',
  language: '',
  kind: 'single',
  contentType,
  content: data,
})

const attachmentPart = ({
  attachment,
  disposition,
  language = '',
}: Extract<NewBody, { attachment: NewAttachment }>): NestedPart => ({
  disposition: disposition ?? 'attachment',
  language,
  kind: 'external',
  attachment: attachmentFrom(attachment),
})

export const attachmentFrom = (said: NewAttachment): Attachment => ({ ...nothingKnown, ...said })

const none = new Uint8Array()
const nothingKnown: Omit<Attachment, 'contentType' | 'url'> = {
  expires: 0,
  size: 0,
  encAlg: 0,
  key: none,
  nonce: none,
  aad: none,
  hashAlg: 0,
  contentHash: none,
  description: '',
  filename: '',
}

const reactionPart = (reactions: readonly string[]): NestedPart => {
  const parts = reactions.map((text): NestedPart => ({ ...textPart({ text }), disposition: 'reaction' }))
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  return { disposition: 'reaction', language: '', kind: 'multi', semantics: 'processAll', parts }
}
