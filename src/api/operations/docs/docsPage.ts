/** The documentation as one page that reads without script, loads nothing from elsewhere, and is readable offline. */
import { escapeHtml } from '../escapeHtml.js'
import { menuOf } from './menu.js'
import type { Part } from './menu.js'
import { routeArticle } from './routeArticle.js'
import { schemaArticle } from './schemas.js'
import { anchorOfTag, entriesIn } from './shownDocument.js'
import type { ShownDocument } from './shownDocument.js'
import { prose } from './text.js'
import { scriptPath } from './script.js'
import { frameArticle, framesIn } from './websocket.js'
import type { SocketDocument } from './websocket.js'

export type DocsPage = {
  /** /openapi.json and /asyncapi.json, of which the page is made. */
  readonly openapi: object
  readonly asyncapi: object
  readonly domain: string
  readonly version: string
  readonly url: string
  /** CSS. */
  readonly style: string
}

export const docsPage = ({ openapi, asyncapi, domain, version, url, style }: DocsPage): string => {
  const document = openapi as ShownDocument
  const socket = asyncapi as SocketDocument
  const parts = partsOf(document, socket)
  const schemas = Object.entries({ ...socket.components.schemas, ...document.components.schemas })
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<title>The interface · MLS homeserver</title><style>${style}</style><script type="module" src="${scriptPath}"></script></head><body>
<a class="skip" href="#main">To the routes</a>
${menuOf(parts, `${escapeHtml(domain)} · ${escapeHtml(version)}`)}
<main id="main" tabindex="-1">${introduction(url)}
${parts.map((part) => sectionOf(part, document, socket)).join('')}
<section><h2 id="about-schemas">Schemas</h2><div class="schemas">${schemas.map(schemaArticle).join('')}</div></section>
</main></body></html>`
}

const partsOf = (document: ShownDocument, socket: SocketDocument): readonly Part[] => {
  const entries = entriesIn(document)
  return document.tags.map(({ name }) => ({
    tag: name,
    entries: entries.filter(({ operation }) => operation.tags.includes(name)),
    frames: name === 'Realtime' ? framesIn(socket) : [],
  }))
}

const sectionOf = ({ tag, entries, frames }: Part, document: ShownDocument, socket: SocketDocument): string => {
  const about = document.tags.find(({ name }) => name === tag)?.description ?? ''
  const closes = frames.length === 0 ? '' : `<p>${prose(socket.info.description)}</p>`
  return `<section><h2 id="${anchorOfTag(tag)}">${escapeHtml(tag)}</h2><p>${escapeHtml(about)}.</p>${closes}${entries
    .map((entry) => routeArticle(entry, document))
    .join('')}${frames.map(frameArticle).join('')}</section>`
}

const introduction = (url: string): string => `<header class="lead"><h1>The interface</h1>
<p>Everything a client needs, over REST and one websocket, at <code>${escapeHtml(url)}</code>. Bytes are unpadded base64url, epochs decimal strings,
positions opaque cursors, ids URIs (percent-encoded in paths). Every command takes an <code>Idempotency-Key</code>; every error is
<code>application/problem+json</code> with a stable <code>code</code>.</p>
<p>The examples have what a request needs and no more. They take the token from the environment: <code>export TOKEN=…</code>, from <a href="#post-v1-token">POST /v1/token</a>.</p>
<p class="files"><a href="/openapi.json">OpenAPI</a> <a href="/asyncapi.json">AsyncAPI</a> <a href="/.well-known/mls-homeserver">Discovery</a></p></header>`
