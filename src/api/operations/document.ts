/** A document that is the same for everyone: made once, its bytes shared by all who read it, known by its ETag. */
import { createHash } from 'node:crypto'
import type { Request, Response } from 'express'
import { keepNewest } from '../../structures/newest.js'

export type Document = { readonly bytes: Buffer; readonly etag: string }

/** What a server calls itself, which is all that its documents depend on, hardly ever changes. */
const madeMax = 8

/** `make`: the text of the document, by the URL that the server is reached by. */
export const sharedDocument = (make: (url: string) => string): ((url: string) => Document) => {
  const made = keepNewest<string, Document>(madeMax)
  return (url) => {
    const known = made.get(url)
    if (known !== undefined) return known
    const bytes = Buffer.from(make(url))
    const document = { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` }
    made.set(url, document)
    return document
  }
}

/** Answers with the document, or with 304 for whoever has it already. */
export const sendDocument = (request: Request, response: Response, type: string, { bytes, etag }: Document): void => {
  response.set({ etag, 'cache-control': 'no-cache' }).type(type)
  if (isAmong(request.get('if-none-match'), etag)) response.status(304).end()
  else response.set('content-length', String(bytes.length)).end(bytes)
}

/** Compared weakly, and whatever `Cache-Control` asks for (RFC 9110 §13.1.2): the server is who knows best. */
const isAmong = (known: string | undefined, etag: string): boolean =>
  known?.trim() === '*' || (known ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
