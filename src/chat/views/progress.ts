/** How far something is, to see and to hear. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'

/** `done`: from 0 to 1. */
export const Progress = ({ label, done }: { readonly label: string; readonly done: number }): VNode =>
  html`<progress aria-label=${label} value=${done} max="1">${Math.round(done * 100)} %</progress>`
