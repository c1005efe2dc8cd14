/** The chat itself: conversations beside the one that is open; on a phone one of the two. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { conversationIn, type State, unreadIn } from '../model.js'
import type { Session } from '../session.js'
import { showBadge } from '../waking/badge.js'
import { Begin } from './begin.js'
import { ConversationView } from './conversation.js'
import { Conversations } from './conversations.js'

export const App = ({ session, state }: { readonly session: Session; readonly state: State }): VNode => {
  const [beginning, setBeginning] = useState(false)
  const open = conversationIn(state, state.selected)
  const unread = unreadIn(state)
  useEffect(() => {
    document.title = titleWith(unread)
    void showBadge(unread)
  }, [unread])
  useBackButton(session)
  const select: Session['select'] = (group) => {
    if (state.selected === undefined) history.pushState('conversation', '')
    session.select(group)
  }
  return html`<div class="app ${open === undefined ? '' : 'has-open'}">
    <${Conversations}
      state=${state}
      select=${select}
      session=${session}
      begin=${() => {
        setBeginning(true)
      }}
    />
    ${
      open === undefined
        ? html`<main class="empty"><p>Choose a conversation, or begin one.</p></main>`
        : html`<${ConversationView} key=${open.id} session=${session} state=${state} conversation=${open} />`
    }
    ${
      beginning &&
      html`<${Begin}
        session=${session}
        done=${() => {
          setBeginning(false)
        }}
      />`
    }
    ${
      state.trouble !== undefined &&
      html`<div class="toast" role="alert">
        <span>${state.trouble}</span>
        <button class="plain" onClick=${session.dismiss}>Dismiss</button>
      </div>`
    }
  </div>`
}

const titleWith = (unread: number): string => `${unread > 0 ? `(${unread}) ` : ''}Chat · MLS homeserver`

/** The browser's own way back leads from a conversation to the list, as people on a phone expect. */
const useBackButton = (session: Session): void => {
  useEffect(() => {
    const back = (): void => {
      session.select(undefined)
    }
    addEventListener('popstate', back)
    return () => {
      removeEventListener('popstate', back)
    }
  }, [session])
}
