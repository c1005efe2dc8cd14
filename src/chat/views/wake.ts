/** Whether this person is woken while the page is closed: a switch for all, and a choice for a conversation. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { PushPolicy } from '../../client/index.js'
import type { Conversation, State } from '../model.js'
import type { Session } from '../session.js'

export const Wake = ({ state, session }: { readonly state: State; readonly session: Session }): VNode | null => {
  const [busy, setBusy] = useState(false)
  if (state.waking === undefined) return null
  if (state.waking === 'refused')
    return html`<p>This browser was told to let no notifications of this page through.</p>`
  const on = state.waking === 'on'
  const turn = async (): Promise<void> => {
    setBusy(true)
    await session.wake(!on)
    setBusy(false)
  }
  return html`<label class="row wake">
    <input type="checkbox" role="switch" checked=${on} disabled=${busy} onChange=${turn} />
    Notify me while this page is closed
  </label>`
}

const words: { readonly [policy in PushPolicy]: string } = {
  all: 'of every message',
  targeted: 'of what is sent to me alone',
  none: 'of nothing',
}

export const WakeFor = ({
  conversation: { id, wakes = 'all' },
  session,
}: {
  readonly conversation: Conversation
  readonly session: Session
}): VNode => {
  const choose = ({ target }: Event): void => {
    void session.wakeFor(id, (target as HTMLSelectElement).value as PushPolicy)
  }
  return html`<label class="row wake-for">
    Notify me
    <select class="grow" onChange=${choose} value=${wakes}>
      ${Object.entries(words).map(([policy, text]) => html`<option value=${policy}>${text}</option>`)}
    </select>
  </label>`
}
