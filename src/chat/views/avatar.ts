/** A letter on a colour that a name always has. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'

const colours = 8

export const Avatar = ({ name }: { readonly name: string }): VNode => {
  const letters = Array.from(name)
  const sum = letters.reduce((hash, letter) => (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7)
  return html`<span class="avatar c${sum % colours}" aria-hidden="true">${letters[0]?.toUpperCase() ?? '?'}</span>`
}
