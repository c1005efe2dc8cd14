/** The line to write in: Enter sends, Shift+Enter begins a new line. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

export const Write = ({ say }: { readonly say: (text: string) => Promise<void> }): VNode => {
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
    <textarea
      ref=${field}
      rows="1"
      aria-label="Message"
      placeholder="Write a message"
      value=${text}
      onInput=${(event: InputEvent) => {
        setText((event.target as HTMLTextAreaElement).value)
      }}
      onKeyDown=${(event: KeyboardEvent) => {
        if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) send(event)
      }}
    ></textarea>
    <button aria-label="Send" disabled=${text.trim() === ''}>Send</button>
  </form>`
}
