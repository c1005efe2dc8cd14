/** What a message says, as the application handles it: a union on `type`. */
import { type Body, bodyOf, mediaTypeOf, readableText } from './body.js'
import { Malformed } from './malformed.js'
import type { MessageId } from './messageId.js'
import type { MimiContent } from './mimiContent.js'
import type { NestedPart } from './nestedPart.js'
import { decodeReport, statusMediaType, type StatusReport } from './statusReport.js'

export type Content =
  | Exclude<Body, { type: 'nothing' }>
  /** `to` stands for what the message `of` said. Only its own sender's counts; the timeline sees to it. */
  | { readonly type: 'edit'; readonly of: MessageId; readonly to: Body }
  | { readonly type: 'deletion'; readonly of: MessageId }
  /** One or more, each usually an emoji; instead of an earlier reaction of the same sender where the message `replaces` one. */
  | { readonly type: 'reaction'; readonly to: MessageId; readonly reactions: readonly string[]; readonly body: Body }
  /** Takes the reaction back that the message `of` was. */
  | { readonly type: 'unreaction'; readonly of: MessageId }
  /** Read receipts and the like. */
  | { readonly type: 'status'; readonly reports: readonly StatusReport[] }
  /** No content, or one that this version cannot read. */
  | { readonly type: 'unsupported'; readonly bytes: Uint8Array; readonly reason: string }

/** Throws Malformed. */
export const meaningOf = ({ body, replaces, inReplyTo }: MimiContent): Content => {
  if (body.kind === 'null') return withdrawal(body, replaces)
  if (body.kind === 'single' && mediaTypeOf(body.contentType) === statusMediaType)
    return { type: 'status', reports: decodeReport(body.content) }
  const shown = bodyOf(body)
  if (shown.type === 'nothing') throw new Malformed('a body without parts')
  if (body.disposition === 'reaction' && inReplyTo !== undefined)
    return { type: 'reaction', to: inReplyTo, reactions: reactionsIn(shown), body: shown }
  return replaces === undefined ? shown : { type: 'edit', of: replaces, to: shown }
}

const withdrawal = ({ disposition }: NestedPart, replaces: MessageId | undefined): Content => {
  if (replaces === undefined) throw new Malformed('a body without parts')
  return { type: disposition === 'reaction' ? 'unreaction' : 'deletion', of: replaces }
}

/** Several are parts of their own: put together, emoji may become others (§5.3). */
const reactionsIn = (body: Body): readonly string[] =>
  (body.type === 'multipart' && body.semantics === 'processAll' ? body.parts : [body])
    .map(readableText)
    .filter((text) => text !== '')

/** For whoever shows text and nothing else; empty where nothing is said. */
export const textOf = (content: Content): string => {
  switch (content.type) {
    case 'edit':
      return readableText(content.to)
    case 'reaction':
      return content.reactions.join(' ')
    case 'deletion':
    case 'unreaction':
    case 'status':
      return ''
    case 'unsupported':
      return '[unsupported content]'
    case 'text':
    case 'attachment':
    case 'data':
    case 'multipart':
      return readableText(content)
  }
}
