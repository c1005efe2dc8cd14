/** Who this person is to the others, and how to be called, or to look, otherwise. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ownNameOf, type State } from '../model.js'
import type { Session } from '../session.js'
import { Avatar } from './avatar.js'
import { ChoosePicture } from './choosePicture.js'
import { fieldIn } from './fieldIn.js'

type Given = { readonly state: State; readonly status: string; readonly session: Session }

export const Me = ({ state, status, session }: Given): VNode => {
  const [editing, setEditing] = useState(false)
  const name = ownNameOf(state)
  const picture = state.portraits[state.me.user]
  const save = (event: SubmitEvent): void => {
    event.preventDefault()
    setEditing(false)
    const chosen = fieldIn(event.target, 'name')
    if (chosen !== '' && chosen !== name) void session.rename(chosen)
  }
  if (editing)
    return html`<${Avatar} name=${name} picture=${picture} />
      <form class="me grow" onSubmit=${save}>
        <span class="row">
          <input name="name" aria-label="Your name" value=${name} maxlength="60" autocomplete="name" />
          <button>Save</button>
        </span>
        <${ChoosePicture} has=${picture !== undefined} choose=${session.portray} />
      </form>`
  return html`<${Avatar} name=${name} picture=${picture} />
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
