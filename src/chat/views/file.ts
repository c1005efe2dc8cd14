/** A file of a message: a picture is shown where its bytes are one, anything else is offered to be saved. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { FileAttachment } from '../../client/index.js'
import { mayBePicture, pictureTypeOf } from '../picture.js'
import { wordsOf } from '../words.js'
import { sizeOf } from '../sizes.js'
import { Progress } from './progress.js'

export const FileView = ({ file }: { readonly file: FileAttachment }): VNode => {
  const [picture, setPicture] = useState<string | undefined>()
  const [isShown, setIsShown] = useState(mayBePicture(file))
  useEffect(() => {
    if (!isShown) return
    const left = new AbortController()
    let url: string | undefined
    const show = async (): Promise<void> => {
      const bytes = await file.download({ signal: left.signal }).bytes()
      const type = pictureTypeOf(bytes)
      if (left.signal.aborted) return
      if (type === undefined) setIsShown(false)
      else setPicture((url = URL.createObjectURL(new Blob([bytes], { type }))))
    }
    show().catch(() => {
      setIsShown(false)
    })
    return () => {
      left.abort()
      if (url !== undefined) URL.revokeObjectURL(url)
    }
  }, [])
  if (!isShown) return html`<${Saving} file=${file} />`
  if (picture === undefined) return html`<span class="picture coming" role="status">The picture is coming…</span>`
  const failed = (): void => {
    setIsShown(false)
  }
  return html`<img
    class="picture"
    src=${picture}
    alt=${file.description === '' ? file.name : file.description}
    onError=${failed}
  />`
}

const Saving = ({ file }: { readonly file: FileAttachment }): VNode => {
  const [done, setDone] = useState<number | undefined>()
  const [trouble, setTrouble] = useState('')
  const save = async (): Promise<void> => {
    setTrouble('')
    setDone(0)
    try {
      const onProgress = ({ bytes, size }: { readonly bytes: number; readonly size: number }): void => {
        setDone(bytes / Math.max(1, size))
      }
      handOver(await file.download({ onProgress }).bytes(), file.name)
    } catch (error) {
      setTrouble(wordsOf(error))
    }
    setDone(undefined)
  }
  return html`<span class="file">
    <span class="grow"
      ><strong>${file.name}</strong> <small>${sizeOf(file.size)}</small>${
        file.description !== '' && html`<small class="described">${file.description}</small>`
      }</span
    >
    <button class="plain" disabled=${done !== undefined} aria-label="Save ${file.name}" onClick=${save}>Save</button>
    ${done !== undefined && html`<${Progress} label="Fetching ${file.name}" done=${done} />`}
    <span class="trouble" role="alert">${trouble}</span>
  </span>`
}

/** As bytes of no type: nothing that somebody sent is opened by this page. */
const handOver = (bytes: Uint8Array<ArrayBuffer>, name: string): void => {
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun to read it by then, and goes on.
  setTimeout(() => {
    URL.revokeObjectURL(url)
  }, 60_000)
}
