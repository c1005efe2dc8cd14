/** Code in the page, under a title; where there is script, a button copies it. */
import { escapeHtml } from '../escapeHtml.js'

/** `kind`: its class. */
export const codeOf = (kind: string, title: string, text: string): string =>
  `<figure class="code ${kind}"><figcaption>${escapeHtml(title)}</figcaption><pre>${escapeHtml(text)}</pre></figure>`

export const jsonOf = (title: string, value: unknown): string =>
  value === undefined ? '' : codeOf('json', title, JSON.stringify(value, null, 2))
