/** Files that were chosen, before they are sent: what they are, and a picture described for who does not see it. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { mayBePicture } from '../picture.js'
import { sizeOf } from '../sizes.js'

type Given = {
  readonly files: readonly File[]
  /** The largest that is taken, bytes; undefined while that is not known. */
  readonly largest: () => Promise<number>
  readonly share: (file: File, description: string) => void
  readonly done: () => void
}

export const Share = ({ files, largest, share, done }: Given): VNode => {
  const dialog = useRef<HTMLDialogElement>(null)
  const [max, setMax] = useState<number | undefined>()
  useEffect(() => {
    dialog.current?.showModal()
    largest().then(setMax, () => undefined)
  }, [])
  const isTooLarge = (file: File): boolean => max !== undefined && file.size > max
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const said = new FormData(event.target as HTMLFormElement)
    files.forEach((file, at) => {
      const description = said.get(`description-${at}`)
      share(file, typeof description === 'string' ? description.trim() : '')
    })
    done()
  }
  return html`<dialog ref=${dialog} onClose=${done} aria-labelledby="share-title">
    <form onSubmit=${submit}>
      <h2 id="share-title">Send ${files.length === 1 ? 'a file' : `${files.length} files`}</h2>
      ${files.map(
        (file, at) =>
          html`<div class="chosen">
            ${mayBePicture(file) && html`<${Preview} file=${file} />`}
            <span class="grow"><strong>${file.name}</strong> <small>${sizeOf(file.size)}</small></span>
            ${
              mayBePicture(file) &&
              html`<label for="description-${at}">What it shows, for who cannot see it (may stay empty)</label>
                <input id="description-${at}" name="description-${at}" autocomplete="off" maxlength="500" />`
            }
            <span class="trouble" role="alert">${isTooLarge(file) && 'This one is too large.'}</span>
          </div>`,
      )}
      <p class="small">
        Encrypted here, for the people of this conversation.
        ${max !== undefined && ` Up to ${sizeOf(max)} each; the server keeps files for a limited time.`}
      </p>
      <div class="row end">
        <button type="button" class="plain" onClick=${done}>Cancel</button>
        <button disabled=${files.some(isTooLarge)}>Send</button>
      </div>
    </form>
  </dialog>`
}

const Preview = ({ file }: { readonly file: File }): VNode => {
  const [url, setUrl] = useState('')
  useEffect(() => {
    const made = URL.createObjectURL(file)
    setUrl(made)
    return () => {
      URL.revokeObjectURL(made)
    }
  }, [file])
  return html`<img src=${url} alt="" />`
}
