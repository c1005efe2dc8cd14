/** The documentation as one page: no script, nothing loaded from elsewhere, readable offline. */
import { escapeHtml } from './escapeHtml.js'
import { openapi } from './openapi.js'
import { nameIn, schemaArticle, typeOf } from './docsSchemas.js'
import type { Schema } from './docsSchemas.js'
import { escape, prose } from './docsText.js'
import type { RouteShape } from '../http/route.js'

type Content = { readonly [media: string]: { readonly schema: Schema; readonly example?: unknown } }
type Answer = { readonly description: string; readonly content?: Content }
type Ref = { readonly $ref: string }
type Operation = {
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly 'x-access': string
  readonly parameters: readonly {
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly description: string
  }[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: { readonly [status: string]: Answer | Ref }
}
type Document = {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly components: {
    readonly responses: { readonly [name: string]: Answer }
    readonly schemas: { readonly [name: string]: Schema }
  }
}

export const docsPage = (
  routes: readonly RouteShape[],
  { version, domain, url }: { readonly version: string; readonly domain: string; readonly url: string },
): string => {
  const document = openapi(routes, { url, version }) as unknown as Document
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>MLS homeserver: the interface</title><style>${style}</style></head><body>
<nav><h1>MLS homeserver</h1><p>${escapeHtml(domain)} · ${escapeHtml(version)}</p><p><a href="/openapi.json">openapi.json</a> · <a href="/asyncapi.json">asyncapi.json</a> · <a href="/.well-known/mls-homeserver">discovery</a></p>
${tags.map((tag) => `<h2>${escapeHtml(tag)}</h2><ul>${linksOf(operations, tag)}</ul>`).join('')}</nav><main>
<header><p>Everything a client needs, over REST and one websocket. Bytes are unpadded base64url, epochs decimal strings, positions opaque cursors, ids URIs
(percent-encoded in paths). Every command takes an <code>Idempotency-Key</code>; every error is <code>application/problem+json</code> with a stable <code>code</code>.</p></header>
${tags
  .map(
    (tag) =>
      `<section><h2>${escapeHtml(tag)}</h2>${operations
        .filter(({ operation }) => operation.tags.includes(tag))
        .map((entry) => articleOf(entry, document))
        .join('')}</section>`,
  )
  .join('')}
<section><h2>Schemas</h2>${Object.entries(document.components.schemas).map(schemaArticle).join('')}</section>
</main></body></html>`
}

type Entry = { readonly path: string; readonly method: string; readonly operation: Operation }

const anchor = ({ path, method }: Entry): string => `${method}${path}`.replaceAll(/[^A-Za-z0-9]+/g, '-')

const linksOf = (operations: readonly Entry[], tag: string): string =>
  operations
    .filter(({ operation }) => operation.tags.includes(tag))
    .map(
      (entry) =>
        `<li><a href="#${anchor(entry)}"><b class="${entry.method}">${entry.method}</b> ${escapeHtml(entry.operation.summary)}</a></li>`,
    )
    .join('')

const articleOf = (entry: Entry, { components }: Document): string => {
  const { path, method, operation } = entry
  const answers = Object.entries(operation.responses).map(([status, answer]) =>
    responseOf(status, '$ref' in answer ? (components.responses[nameIn(answer)] ?? { description: '' }) : answer),
  )
  return `<article id="${anchor(entry)}"><h3><b class="${method}">${method}</b> <code>${escape(path)}</code></h3>
<p>${escape(operation.summary)} <i>${access(operation['x-access'])}</i></p><p>${prose(operation.description)}</p>
${parametersOf(operation)}${bodiesOf('Body', operation.requestBody?.content)}${answers.join('')}</article>`
}

const access = (who: string): string => {
  if (who === 'anonymous') return 'no token'
  return who === 'any' ? "a client's or a queue's token" : `${who} token`
}

const parametersOf = ({ parameters }: Operation): string =>
  parameters.length === 0
    ? ''
    : `<table>${parameters
        .map(
          ({ name, in: where, required, description }) =>
            `<tr><td><code>${escape(name)}</code></td><td>${where}${required ? '' : ', optional'}</td><td>${prose(description)}</td></tr>`,
        )
        .join('')}</table>`

const bodiesOf = (title: string, content: Content | undefined): string =>
  Object.entries(content ?? {})
    .map(
      ([media, { schema, example }]) =>
        `<details><summary>${title}: <code>${escape(media)}</code> ${typeOf(schema)}</summary>${exampleText(example)}</details>`,
    )
    .join('')

const exampleText = (example: unknown): string =>
  example === undefined ? '' : `<pre>${escape(JSON.stringify(example, null, 2))}</pre>`

const responseOf = (status: string, { content, description }: Answer): string => {
  if (content === undefined || status.startsWith('2')) {
    return content === undefined
      ? `<p class="answer">${status}: ${prose(description)}</p>`
      : bodiesOf(`Answer ${status}`, content)
  }
  return `<p class="refusal"><b>${status}</b><span>${prose(description).replaceAll('\n\n', '<br>')}</span></p>`
}

const style = `
:root{color-scheme:light dark;--line:#8883;--soft:#8881;--blue:#2a6fdb;--green:#1a8f4c;--amber:#b36b00;--red:#c2333b}
*{box-sizing:border-box}body{margin:0;font:15px/1.55 system-ui,sans-serif;display:grid;grid-template-columns:19rem 1fr}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.2rem;border-right:1px solid var(--line);font-size:.87rem}
nav h1{font-size:1.15rem;margin:0}nav h2{font-size:.95rem;margin:1.1rem 0 .3rem}nav ul{list-style:none;margin:0;padding:0}nav li{margin:.15rem 0}
a{color:inherit;text-decoration:none}a:hover{text-decoration:underline}nav p a{color:var(--blue)}
main{max-width:58rem;padding:1.2rem 2.2rem}article{border:1px solid var(--line);border-radius:.6rem;padding:.7rem 1.1rem;margin:1rem 0}
h3{margin:.2rem 0;font-size:1rem;font-weight:500}h3 code{font-size:1rem}
b.get,b.post,b.put,b.patch,b.delete{font:600 .72rem ui-monospace,monospace;text-transform:uppercase;color:#fff;border-radius:.3rem;padding:.1rem .4rem}
b.get{background:var(--blue)}b.post{background:var(--green)}b.put,b.patch{background:var(--amber)}b.delete{background:var(--red)}
i{font-style:normal;font-size:.8rem;background:var(--soft);border-radius:.3rem;padding:.1rem .4rem}
table{border-collapse:collapse;font-size:.87rem}td{padding:.15rem 1rem .15rem 0;vertical-align:top}
details{margin:.3rem 0}summary{cursor:pointer}pre{background:var(--soft);border-radius:.4rem;padding:.7rem;overflow:auto;font-size:.8rem;max-height:30rem}
.refusal{display:grid;grid-template-columns:2.6rem 1fr;margin:.2rem 0;font-size:.85rem}.refusal b{color:var(--red)}.answer{font-weight:600}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto;border:0}main{padding:1rem}}`
