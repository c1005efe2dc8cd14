/** Files of any size, and what becomes of them on their way, for the scenarios. */
import { createHash } from 'node:crypto'
import type { FileAttachment, FileProgress, FileSource, MessageEvent } from '#src/client/index.js'
import { seeded } from '../ports/seeded.js'
import type { Player } from './house.js'

export const MiB = 1_048_576

/** A file of bytes that follow from its seed, read as often as one likes. */
export const fileOf = (size: number, seed = 1): FileSource & { readonly digest: string } => {
  const random = seeded(seed)
  const block = new Uint8Array(Math.min(size, MiB)).map(() => random.integer(256))
  const from = async function* (start: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < size;) {
      const piece = block.subarray(at % MiB, Math.min(MiB, (at % MiB) + size - at))
      yield Promise.resolve(piece)
      at += piece.length
    }
  }
  const hash = createHash('sha256')
  for (let at = 0; at < size; at += MiB) hash.update(block.subarray(0, size - at))
  const slice = (start: number) => ({ stream: () => from(start) })
  return { size, stream: () => from(0), slice, digest: hash.digest('hex') }
}

export const digestOf = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  const hash = createHash('sha256')
  for await (const piece of bytes) hash.update(piece)
  return hash.digest('hex')
}

/** Calls once, as soon as that much is there. */
export const onceAt = (part: number, call: () => void): ((progress: FileProgress) => void) => {
  let isDone = false
  return ({ bytes, size }) => {
    if (isDone || bytes < size * part) return
    isDone = true
    call()
  }
}

export const attachmentTo = async (player: Player, name: string): Promise<FileAttachment> => {
  const found = await player.until(() =>
    player.events
      .filter((event): event is MessageEvent => event.type === 'message')
      .flatMap(({ attachments }) => attachments)
      .find((file) => file.name === name),
  )
  return found
}
