/** What others think of a message, under it, and what this person does. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { UserId } from '../../client/index.js'
import type { Message } from '../model.js'
import { marksOf, offered } from '../reactions.js'

type Given = {
  readonly message: Message
  readonly me: UserId
  readonly name: (user: UserId) => string
  /** Takes the mark back where it was given. */
  readonly react: (mark: string) => Promise<void>
  /** False where nothing can be said any more. */
  readonly open: boolean
}

export const Reactions = ({ message, me, name, react, open }: Given): VNode | null => {
  const [choosing, setChoosing] = useState(false)
  const [busy, setBusy] = useState(false)
  const marks = [...marksOf(message)]
  const may = open && message.said !== undefined
  if (marks.length === 0 && !may) return null
  const choose = (mark: string) => async (): Promise<void> => {
    setChoosing(false)
    setBusy(true)
    await react(mark)
    setBusy(false)
  }
  const given = ([mark, users]: readonly [string, readonly UserId[]]): VNode => {
    const who = users.map(name).join(', ')
    return html`<button
      key=${mark}
      class="plain mark"
      aria-pressed=${users.includes(me) ? 'true' : 'false'}
      aria-label="${mark} by ${who}"
      title=${who}
      disabled=${busy || !may}
      onClick=${choose(mark)}
    >
      ${mark}${users.length > 1 && ` ${users.length}`}
    </button>`
  }
  return html`<span class="reactions">
    ${marks.map(given)}
    ${
      may &&
      html`<button
        class="plain react"
        aria-label="React"
        title="React"
        aria-expanded=${choosing ? 'true' : 'false'}
        onClick=${() => {
          setChoosing(!choosing)
        }}
      >
        +
      </button>`
    }
    ${
      choosing &&
      offered.map(
        (mark) =>
          html`<button key="choose ${mark}" class="plain mark" aria-label="React ${mark}" onClick=${choose(mark)}>
            ${mark}
          </button>`,
      )
    }
  </span>`
}
