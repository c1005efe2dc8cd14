/** A file that came with a message, as the application handles it. */
import type { DownloadOptions } from '../transfer.js'

export type FileAttachment = {
  /** Without folders, and without what would make it look like another one; the sender's choice otherwise. */
  readonly name: string
  /** As its sender has it: what the bytes are is for whoever opens them to find out. */
  readonly type: string
  /** Bytes; a download is this long, or fails. */
  readonly size: number
  /** For who does not see it; may be empty. */
  readonly description: string
  /** Nothing is asked before the first byte is. Each reading downloads anew. */
  readonly download: (options?: DownloadOptions) => Download
}

/** `for await` gives it in pieces, each verified; its end is the file's, else it throws. */
export type Download = AsyncIterable<Uint8Array> & {
  /** The whole, in memory. */
  readonly bytes: () => Promise<Uint8Array<ArrayBuffer>>
  readonly stream: () => ReadableStream<Uint8Array>
}
