/** Who has no account in this browser yet picks a handle. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { wordsOf } from '../words.js'

export const Welcome = ({ register }: { readonly register: (handle: string) => Promise<void> }): VNode => {
  const [handle, setHandle] = useState('')
  const [trouble, setTrouble] = useState('')
  const [busy, setBusy] = useState(false)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    try {
      await register(handle.trim().toLowerCase())
    } catch (error) {
      setTrouble(wordsOf(error))
      setBusy(false)
    }
  }
  return html`<main class="welcome">
    <img src="/chat/icon.svg" alt="" width="72" height="72" />
    <h1>Chat, end-to-end encrypted</h1>
    <p>
      Your keys are made in this browser and stay here. The server orders and keeps what you write, and cannot read it:
      that is${' '}
      <a href="https://www.rfc-editor.org/rfc/rfc9420">MLS, RFC 9420</a>.
    </p>
    <form onSubmit=${submit}>
      <label for="handle">A handle, by which others find you</label>
      <div class="row">
        <input
          id="handle"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          placeholder="alice"
          value=${handle}
          onInput=${(event: InputEvent) => {
            setHandle((event.target as HTMLInputElement).value)
          }}
        />
        <button disabled=${busy}>${busy ? 'Making keys…' : 'Begin'}</button>
      </div>
      <p class="trouble" role="alert">${trouble}</p>
    </form>
    <p class="small">
      A demonstration, served by the homeserver that it talks to: whoever runs the server could serve another page. An
      application you can trust comes from elsewhere, on the same SDK.
    </p>
  </main>`
}
