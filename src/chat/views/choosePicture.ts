/** The buttons that give somebody a picture, and take it away. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useRef } from 'preact/hooks'

type Given = {
  /** Whether there is one. */
  readonly has: boolean
  readonly choose: (file: File | undefined) => void
  readonly busy?: boolean
}

export const ChoosePicture = ({ has, choose, busy = false }: Given): VNode => {
  const chooser = useRef<HTMLInputElement>(null)
  return html`<span class="row choose-picture">
    <input
      ref=${chooser}
      type="file"
      accept="image/*"
      hidden
      onChange=${({ target }: Event) => {
        const input = target as HTMLInputElement
        const [file] = Array.from(input.files ?? [])
        if (file !== undefined) choose(file)
        input.value = ''
      }}
    />
    <button type="button" class="plain" disabled=${busy} onClick=${() => chooser.current?.click()}>
      ${has ? 'Another picture' : 'Add a picture'}
    </button>
    ${
      has &&
      html`<button
        type="button"
        class="plain"
        disabled=${busy}
        onClick=${() => {
          choose(undefined)
        }}
      >
        No picture
      </button>`
    }
  </span>`
}
