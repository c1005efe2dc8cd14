/** A part as the application shows it, and its text for whoever shows only text. */
import type { Attachment } from './externalPart.js'
import type { Disposition, NestedPart, PartSemantics } from './nestedPart.js'

export type Body =
  /** `contentType` says how the text is marked up: `text/plain…`, `text/markdown…`, another `text/…`. It is somebody else's: show it as text. */
  | { readonly type: 'text'; readonly text: string; readonly contentType: string; readonly language: string }
  /** A file that is elsewhere. */
  | { readonly type: 'attachment'; readonly attachment: Attachment; readonly disposition: Disposition }
  | {
      readonly type: 'data'
      readonly data: Uint8Array
      readonly contentType: string
      readonly disposition: Disposition
    }
  | { readonly type: 'multipart'; readonly semantics: PartSemantics; readonly parts: readonly Body[] }
  | { readonly type: 'nothing' }

export const bodyOf = (part: NestedPart): Body => {
  switch (part.kind) {
    case 'null':
      return { type: 'nothing' }
    case 'single':
      return singleOf(part, part.contentType, part.content)
    case 'external':
      return { type: 'attachment', attachment: part.attachment, disposition: part.disposition }
    case 'multi':
      return { type: 'multipart', semantics: part.semantics, parts: part.parts.map(bodyOf) }
  }
}

const singleOf = ({ disposition, language }: NestedPart, contentType: string, content: Uint8Array): Body => {
  const text = isText(contentType) ? utf8In(content) : undefined
  return text === undefined
    ? { type: 'data', data: content, contentType, disposition }
    : { type: 'text', text, contentType, language }
}

/** `type/subtype`, without parameters. */
export const mediaTypeOf = (contentType: string): string => (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()

const isText = (contentType: string): boolean => mediaTypeOf(contentType).startsWith('text/')

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const utf8In = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** Never empty where there is something: what has no text is named. */
export const readableText = (body: Body): string => {
  switch (body.type) {
    case 'text':
      return body.text
    case 'attachment': {
      const { filename, description, url } = body.attachment
      return [filename, description, url].find((text) => text !== '') ?? ''
    }
    case 'data':
      return utf8In(body.data) ?? `[${body.contentType}, ${body.data.length} bytes]`
    case 'multipart':
      return readableParts(body.parts, body.semantics)
    case 'nothing':
      return ''
  }
}

/** Of several choices the first that is text, the sender's own preference; otherwise everything that says something. */
const readableParts = (parts: readonly Body[], semantics: PartSemantics): string => {
  const chosen = parts.find(({ type }) => type === 'text' || type === 'multipart') ?? parts[0]
  if (semantics === 'chooseOne') return chosen === undefined ? '' : readableText(chosen)
  return parts
    .map(readableText)
    .filter((text) => text !== '')
    .join('\n')
}
