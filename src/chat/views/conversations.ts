/** The list of conversations, and how the connection stands. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import type { GroupId, Status } from '../../client/index.js'
import { type Conversation, nameOf, portraitOf, type State, titleOf } from '../model.js'
import type { Session } from '../session.js'
import { Avatar } from './avatar.js'
import { Me } from './me.js'
import { timeOf } from './time.js'
import { Wake } from './wake.js'

type Given = {
  readonly state: State
  readonly select: (group: GroupId) => void
  readonly begin: () => void
  readonly session: Session
}

const words: { readonly [status in Status]: string } = {
  live: 'live',
  connecting: 'connecting…',
  offline: 'offline',
}

export const Conversations = ({ state, select, begin, session }: Given): VNode =>
  html`<nav class="conversations" aria-label="Conversations">
    <header>
      <${Me} state=${state} status=${words[state.status]} session=${session} />
      <button onClick=${begin}>New</button>
    </header>
    ${
      state.conversations.length === 0
        ? html`<p class="hint">
            Nobody to talk to yet? Open <code>/chat</code> in another browser profile, take another handle, and begin a
            conversation.
          </p>`
        : html`<ul>
            ${state.conversations.map((conversation) => html`<li key=${conversation.id}>${entryOf(state, conversation, select)}</li>`)}
          </ul>`
    }
    <footer>
      <${Wake} state=${state} session=${session} />
      A demonstration, served by the server itself. <a href="/docs">The interface</a>
    </footer>
  </nav>`

const entryOf = (state: State, conversation: Conversation, select: Given['select']): VNode => {
  const last = conversation.messages.at(-1)
  const title = titleOf(state, conversation)
  return html`<button
    class="entry"
    aria-current=${conversation.id === state.selected ? 'true' : undefined}
    onClick=${() => {
      select(conversation.id)
    }}
  >
    <${Avatar} name=${title} picture=${portraitOf(state, conversation)} />
    <span class="grow">
      <span class="line"><strong>${title}</strong><time>${last === undefined ? '' : timeOf(last.at)}</time></span>
      <span class="line"
        ><span class="last">${last === undefined ? '' : lastOf(state, conversation, last)}</span>${
          conversation.unread > 0 &&
          html`<span class="unread" aria-label="${conversation.unread} unread">${conversation.unread}</span>`
        }</span
      >
    </span>
  </button>`
}

const lastOf = (state: State, conversation: Conversation, last: Conversation['messages'][number]): string => {
  if (last.from === undefined) return last.text
  return `${last.from === state.me.user ? 'You' : nameOf(state, conversation, last.from)}: ${last.text}`
}
