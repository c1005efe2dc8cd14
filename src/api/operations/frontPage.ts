/** What a browser sees first: what runs here, and where to go. No script, nothing loaded from elsewhere. */
import type { ChatFor } from './chat.js'
import { escapeHtml } from './escapeHtml.js'

export type FrontPage = {
  readonly domain: string
  readonly version: string
  readonly url: string
  readonly chatFor: ChatFor
  /** CSS. */
  readonly style: string
}

export const frontPage = ({ domain, version, url, chatFor, style }: FrontPage): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>MLS homeserver at ${escapeHtml(domain)}</title><style>${style}</style></head><body><main>
<h1>An MLS homeserver runs here</h1>
<p>It serves the domain <b>${escapeHtml(domain)}</b> at <code>${escapeHtml(url)}</code>, version ${escapeHtml(version)}: end-to-end encrypted groups
(<a href="https://www.rfc-editor.org/rfc/rfc9420">MLS, RFC 9420</a>). It orders, keeps and delivers what people write, and cannot read it.</p>
<ul>${linksFor(chatFor).map(linkOf).join('')}</ul>
</main></body></html>`

type Link = { readonly to: string; readonly name: string; readonly what: string }

const linksFor = (chatFor: ChatFor): readonly Link[] => [
  ...(chatFor === 'nobody' ? [] : [{ to: '/chat', name: 'Chat', what: chatWords[chatFor] }]),
  { to: '/docs', name: 'The interface', what: 'every route and the websocket, for clients in any language' },
  {
    to: '/openapi.json',
    name: 'OpenAPI',
    what: 'the same for programs; the websocket is in <a href="/asyncapi.json">AsyncAPI</a>',
  },
  { to: '/.well-known/mls-homeserver', name: 'Discovery', what: 'where clients find everything, with all limits' },
  { to: '/readyz', name: 'Health', what: 'whether it can serve now, and if not, why' },
]

const chatWords = {
  local: 'a demonstration to try it with, for browsers on this machine',
  everybody: 'a demonstration to try it with',
}

/** All of it is written here. */
const linkOf = ({ to, name, what }: Link): string => `<li><a href="${to}">${name}</a><span>${what}</span></li>`
