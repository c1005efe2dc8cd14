/** The port of the blobs: bytes too large for an event, or erased one by one, named by their digest. */

/** SHA-256 of the bytes, unpadded base64url. */
export type Digest = string

export type Blobs = {
  /** Stores bytes durably before it resolves. Storing the same bytes again is harmless and renews `stored`. */
  put(bytes: Uint8Array): Promise<Digest>
  get(digest: Digest): Promise<Uint8Array | undefined>
  /** A part, for range reads: from `start`, at most `length` bytes. */
  getRange(digest: Digest, start: number, length: number): Promise<Uint8Array | undefined>
  size(digest: Digest): Promise<number | undefined>
  remove(digest: Digest): Promise<void>
  /** Pages of what is stored, for the sweep of orphans: digest and the time (ms) it was last put, in digest order. */
  list(options: {
    readonly after?: Digest
    readonly limit: number
  }): Promise<readonly { readonly digest: Digest; readonly stored: number }[]>
  close(): Promise<void>
}

const pageBlobs = 100

/** All that is stored, in digest order, a page at a time. */
export async function* everyBlob(
  blobs: Pick<Blobs, 'list'>,
): AsyncGenerator<{ readonly digest: Digest; readonly stored: number }> {
  let after: Digest | undefined
  for (;;) {
    const page = await blobs.list({ ...(after === undefined ? {} : { after }), limit: pageBlobs })
    yield* page
    after = page.at(-1)?.digest
    if (page.length < pageBlobs) return
  }
}
