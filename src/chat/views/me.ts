/** Who this person is to the others, and how to be called otherwise. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ownNameOf, type State } from '../model.js'
import type { Session } from '../session.js'
import { Avatar } from './avatar.js'
import { fieldIn } from './fieldIn.js'

type Given = { readonly state: State; readonly status: string; readonly rename: Session['rename'] }

export const Me = ({ state, status, rename }: Given): VNode => {
  const [editing, setEditing] = useState(false)
  const name = ownNameOf(state)
  const save = (event: SubmitEvent): void => {
    event.preventDefault()
    setEditing(false)
    const chosen = fieldIn(event.target, 'name')
    if (chosen !== '' && chosen !== name) void rename(chosen)
  }
  if (editing)
    return html`<form class="row grow" onSubmit=${save}>
      <input name="name" aria-label="Your name" value=${name} maxlength="60" autocomplete="name" />
      <button>Save</button>
    </form>`
  return html`<${Avatar} name=${name} />
    <div class="grow">
      <button
        class="plain name"
        title="Change your name"
        onClick=${() => {
          setEditing(true)
        }}
      >
        ${name}
      </button>
      <span class="status ${state.status}" role="status">${status}</span>
    </div>`
}
