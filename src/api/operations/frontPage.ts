/** What a browser sees first: what runs here, and where to go. No script, nothing loaded from elsewhere. */
import type { ChatFor } from './chat.js'
import { escapeHtml } from './escapeHtml.js'

export type FrontPage = {
  readonly domain: string
  readonly version: string
  readonly url: string
  readonly chatFor: ChatFor
}

export const frontPage = ({ domain, version, url, chatFor }: FrontPage): string => `<!doctype html>
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

const style = `
:root{color-scheme:light dark;--accent:light-dark(#3b5bdb,#8da2ff);--line:light-dark(#dfe2ea,#2d313d);--soft:light-dark(#565d6d,#a3abbd)}
body{margin:0;min-height:100dvh;display:grid;place-items:center;font:16px/1.55 system-ui,sans-serif;background:light-dark(#f4f5f8,#14161c);color:light-dark(#171a21,#eceef4)}
main{max-width:40rem;padding:1.5rem}h1{line-height:1.2}a{color:var(--accent)}code{overflow-wrap:anywhere}
ul{list-style:none;padding:0;border-top:1px solid var(--line)}li{display:grid;grid-template-columns:9rem 1fr;gap:.5rem;padding:.6rem 0;border-bottom:1px solid var(--line)}
li>a{font-weight:600}span{color:var(--soft)}@media(max-width:30rem){li{grid-template-columns:1fr;gap:0}}`
