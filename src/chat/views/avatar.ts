/** A picture, else a letter on a colour that a name always has. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'

const colours = 8

export const Avatar = ({ name, picture }: { readonly name: string; readonly picture?: string | undefined }): VNode => {
  const [broken, setBroken] = useState<string | undefined>()
  if (picture !== undefined && picture !== broken) {
    const failed = (): void => {
      setBroken(picture)
    }
    return html`<img class="avatar" src=${picture} alt="" onError=${failed} />`
  }
  const letters = Array.from(name)
  const sum = letters.reduce((hash, letter) => (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7)
  return html`<span class="avatar c${sum % colours}" aria-hidden="true">${letters[0]?.toUpperCase() ?? '?'}</span>`
}
