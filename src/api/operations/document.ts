/** A document that is the same for everyone: made once, its bytes shared by all who read it, known by its ETag. */
import { createHash } from 'node:crypto'
import type { Request, Response } from 'express'
import { keepNewest } from '../../structures/newest.js'

export type Document = { readonly bytes: Buffer; readonly etag: string }

/** By how many names of the server its documents are kept: where each request has a say in it, strangers name any. */
const keptMax = 8

/**
 * `make`: the text of the document, by the URL that the server is reached by. `edition`: another number when anything else
 * has changed that it depends on.
 */
export const sharedDocument = (
  make: (url: string) => string,
  edition: () => number = () => 0,
): ((url: string) => Document) => {
  const made = keepNewest<string, Document>(keptMax)
  let textFor = byHost(make)
  let newest = edition()
  return (url) => {
    if (edition() !== newest) {
      newest = edition()
      made.clear()
      textFor = byHost(make)
    }
    const known = made.get(url)
    if (known !== undefined) return known
    const bytes = Buffer.from(textFor(url))
    const document = { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` }
    made.set(url, document)
    return document
  }
}

/** Stands for the host in the one document that those for every other are made from: making costs, naming does not. */
const anyHost = 'host-of-the-request.invalid'
/** An origin whose text is the same in JSON and in HTML; any other URL is the server's own setting, which does not change. */
const plainOrigin = /^(https?:\/\/)([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d+)?$/

const byHost = (make: (url: string) => string): ((url: string) => string) => {
  const templates = new Map<string, string>()
  return (url) => {
    const [, scheme, host, port = ''] = plainOrigin.exec(url) ?? []
    if (scheme === undefined || host === undefined) return make(url)
    const template = templates.get(scheme) ?? make(scheme + anyHost)
    templates.set(scheme, template)
    return template.replaceAll(anyHost, host + port)
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
