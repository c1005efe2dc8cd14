/** The line to write in, and the button for files: Enter sends, Shift+Enter begins a new line. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

type Given = {
  readonly say: (text: string) => Promise<void>
  /** Called at every change of what stands there. */
  readonly writing: () => void
  readonly choose: (files: readonly File[]) => void
}

export const Write = ({ say, writing, choose }: Given): VNode => {
  const chooser = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches) field.current?.focus()
  }, [])
  const send = (event: Event): void => {
    event.preventDefault()
    const trimmed = text.trim()
    if (trimmed === '') return
    setText('')
    void say(trimmed)
  }
  return html`<form class="write" onSubmit=${send}>
    <input
      ref=${chooser}
      type="file"
      multiple
      hidden
      onChange=${({ target }: Event) => {
        const input = target as HTMLInputElement
        choose(Array.from(input.files ?? []))
        input.value = ''
      }}
    />
    <button
      type="button"
      class="plain attach"
      aria-label="Send a picture or another file"
      title="Send a picture or another file"
      onClick=${() => chooser.current?.click()}
    >
      +
    </button>
    <textarea
      ref=${field}
      rows="1"
      aria-label="Message"
      placeholder="Write a message"
      value=${text}
      onInput=${(event: InputEvent) => {
        const { value } = event.target as HTMLTextAreaElement
        setText(value)
        if (value !== '') writing()
      }}
      onPaste=${(event: ClipboardEvent) => {
        const files = Array.from(event.clipboardData?.files ?? [])
        if (files.length === 0) return
        event.preventDefault()
        choose(files)
      }}
      onKeyDown=${(event: KeyboardEvent) => {
        if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) send(event)
      }}
    ></textarea>
    <button aria-label="Send" disabled=${text.trim() === ''}>Send</button>
  </form>`
}
