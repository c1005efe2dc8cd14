/** The contents of the page, beside it on a desk, folded above it on a phone. */
import { escapeHtml } from '../escapeHtml.js'
import type { Entry } from './shownDocument.js'
import { anchorOf, anchorOfTag } from './shownDocument.js'
import { languages } from './snippets/languages.js'
import { anchorOfFrame } from './websocket.js'
import type { Frame } from './websocket.js'

export type Part = { readonly tag: string; readonly entries: readonly Entry[]; readonly frames: readonly Frame[] }

export const menuOf = (parts: readonly Part[], about: string): string => `<nav aria-label="Contents">
<div class="brand"><a href="/">MLS homeserver</a><span>${about}</span></div>
<div class="search" role="search" hidden><input id="search" type="search" aria-label="Search the interface" placeholder="Search" autocomplete="off" spellcheck="false" aria-keyshortcuts="/"><kbd aria-hidden="true">/</kbd><p role="status"></p></div>
<fieldset class="languages"><legend>Examples in</legend>${languages.map(radioOf).join('')}</fieldset>
<details class="menu"><summary>Menu</summary><div class="list" tabindex="0" role="group" aria-label="Routes">${parts.map(partOf).join('')}
<h2><a href="#about-schemas">Schemas</a></h2></div></details></nav>`

/** Works without script: the style shows the examples of the one that is chosen. */
const radioOf = ({ id, name }: (typeof languages)[number], at: number): string =>
  `<input type="radio" name="language" id="in-${id}"${at === 0 ? ' checked' : ''}><label for="in-${id}">${name}</label>`

const partOf = ({ tag, entries, frames }: Part): string =>
  `<h2><a href="#${anchorOfTag(tag)}">${escapeHtml(tag)}</a></h2><ul>${entries.map(routeLink).join('')}${frames.map(frameLink).join('')}</ul>`

const routeLink = (entry: Entry): string =>
  `<li><a href="#${anchorOf(entry)}"><b class="${entry.method}">${short(entry.method)}</b><span>${escapeHtml(entry.operation.summary)}</span></a></li>`

const frameLink = (frame: Frame): string =>
  `<li><a href="#${anchorOfFrame(frame)}"><b class="${frame.from}">${frame.from === 'client' ? 'say' : 'hear'}</b><span>${escapeHtml(frame.name)}</span></a></li>`

const short = (method: string): string => (method === 'delete' ? 'del' : method)
