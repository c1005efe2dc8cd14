/** Telling the server's operators of a message: asked for twice, since it shows them what was said. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { ReportCategory } from '../../client/index.js'
import type { Message } from '../model.js'

type Given = {
  readonly message: Message
  readonly report: (category: ReportCategory) => Promise<void>
}

const kinds: readonly (readonly [ReportCategory, string])[] = [
  ['spam', 'spam'],
  ['harassment', 'harassment'],
  ['violence', 'violence'],
  ['other', 'something else'],
]

export const Report = ({ message, report }: Given): VNode | null => {
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  if (message.reported === true) return html`<span class="when">reported</span>`
  if (message.evidence === undefined) return null
  const choose = (category: ReportCategory) => async (): Promise<void> => {
    setBusy(true)
    await report(category)
    setBusy(false)
    setAsking(false)
  }
  return html`<span class="reactions">
    <button
      class="plain complain"
      aria-label="Report"
      title="Show this message to who runs the server"
      aria-expanded=${asking ? 'true' : 'false'}
      onClick=${() => {
        setAsking(!asking)
      }}
    >
      ⚑
    </button>
    ${
      asking &&
      kinds.map(
        ([category, words]) =>
          html`<button key=${category} class="plain mark" disabled=${busy} onClick=${choose(category)}>
            Report as ${words}
          </button>`,
      )
    }
  </span>`
}
