/** A page that says one thing and why. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'

export const Notice = ({ title, text }: { readonly title: string; readonly text: string }): VNode =>
  html`<main class="notice">
    <img src="/chat/icon.svg" alt="" width="56" height="56" />
    <h1>${title}</h1>
    <p>${text}</p>
  </main>`
