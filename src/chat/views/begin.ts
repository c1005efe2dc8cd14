/** A new conversation: with whom, and what it is called. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Session } from '../session.js'
import { wordsOf } from '../words.js'
import { fieldIn } from './fieldIn.js'

export const Begin = ({ session, done }: { readonly session: Session; readonly done: () => void }): VNode => {
  const dialog = useRef<HTMLDialogElement>(null)
  const [trouble, setTrouble] = useState('')
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const handles = fieldIn(event.target, 'people')
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((handle) => handle !== '')
    const name = fieldIn(event.target, 'name')
    setBusy(true)
    try {
      await session.begin(name, [...new Set(handles)])
      done()
    } catch (error) {
      setTrouble(wordsOf(error))
      setBusy(false)
    }
  }
  return html`<dialog ref=${dialog} onClose=${done} aria-labelledby="begin-title">
    <form onSubmit=${submit}>
      <h2 id="begin-title">A new conversation</h2>
      <label for="people">With whom (handles, by commas)</label>
      <input
        id="people"
        name="people"
        autocapitalize="none"
        autocomplete="off"
        spellcheck="false"
        placeholder="bob, carol@b.example"
        required
      />
      <label for="name">What it is called (may stay empty)</label>
      <input id="name" name="name" autocomplete="off" maxlength="80" />
      <p class="trouble" role="alert">${trouble}</p>
      <div class="row end">
        <button type="button" class="plain" onClick=${done}>Cancel</button>
        <button disabled=${busy}>${busy ? 'Adding them…' : 'Begin'}</button>
      </div>
    </form>
  </dialog>`
}
