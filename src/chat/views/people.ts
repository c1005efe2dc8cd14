/** Who is in a conversation, and what an admin may do about it. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { UserId } from '../../client/index.js'
import { type Conversation, nameOf, type State, titleOf } from '../model.js'
import type { Session } from '../session.js'
import { Avatar } from './avatar.js'
import { ChoosePicture } from './choosePicture.js'
import { fieldIn } from './fieldIn.js'
import { WakeFor } from './wake.js'

type Given = {
  readonly session: Session
  readonly state: State
  readonly conversation: Conversation
  readonly close: () => void
}

export const People = (given: Given): VNode => {
  const { session, state, conversation, close } = given
  const [busy, setBusy] = useState(false)
  const isAdmin = conversation.admins.includes(state.me.user)
  const during = (act: () => Promise<void>) => async (): Promise<void> => {
    setBusy(true)
    await act()
    setBusy(false)
  }
  const add = (event: SubmitEvent): void => {
    event.preventDefault()
    const handle = fieldIn(event.target, 'handle').toLowerCase()
    ;(event.target as HTMLFormElement).reset()
    void during(() => session.add(conversation.id, handle))()
  }
  return html`<aside class="people" aria-label="People">
    <header>
      <h2 class="grow">People</h2>
      <button class="plain" onClick=${close}>Close</button>
    </header>
    <ul>
      ${conversation.members.map((user) => html`<li key=${user}>${personOf(given, user, isAdmin && !busy, during)}</li>`)}
    </ul>
    ${
      isAdmin &&
      conversation.open &&
      html`<section class="row" aria-label="Picture of the group">
        <${Avatar} name=${titleOf(state, conversation)} picture=${state.portraits[conversation.id]} />
        <${ChoosePicture}
          has=${state.portraits[conversation.id] !== undefined}
          busy=${busy}
          choose=${(file: File | undefined) => during(() => session.portrayGroup(conversation.id, file))()}
        />
      </section>`
    }
    ${
      isAdmin &&
      conversation.open &&
      html`<form class="row" onSubmit=${add}>
        <input
          name="handle"
          aria-label="Handle to add"
          placeholder="handle"
          autocapitalize="none"
          autocomplete="off"
          required
        />
        <button disabled=${busy}>Add</button>
      </form>`
    }
    ${
      conversation.open && state.waking === 'on' && html`<${WakeFor} session=${session} conversation=${conversation} />`
    }
    ${
      conversation.open &&
      html`<button class="plain leave" disabled=${busy} onClick=${during(() => session.leave(conversation.id))}>
        Leave this conversation
      </button>`
    }
  </aside>`
}

const personOf = (
  { session, state, conversation }: Given,
  user: UserId,
  mayAct: boolean,
  during: (act: () => Promise<void>) => () => Promise<void>,
): VNode => {
  const name = nameOf(state, conversation, user)
  const isAdmin = conversation.admins.includes(user)
  const isMe = user === state.me.user
  return html`<${Avatar} name=${name} picture=${state.portraits[user]} />
    <span class="grow">${name}${isMe && ' (you)'}${isAdmin && html` <small>admin</small>`}</span>
    ${
      mayAct &&
      !isMe &&
      html`<span class="acts">
        ${
          !isAdmin &&
          html`<button
            class="plain"
            aria-label="Make admin: ${name}"
            onClick=${during(() => session.makeAdmin(conversation.id, user))}
          >
            Make admin
          </button>`
        }
        <button
          class="plain"
          aria-label="Remove ${name}"
          onClick=${during(() => session.remove(conversation.id, user))}
        >
          Remove
        </button>
      </span>`
    }`
}
