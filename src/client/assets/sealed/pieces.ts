/** A stream of bytes, taken in portions of the reader's choosing; it holds one portion and what came with its end. */

export type ByteStream = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>

export type Pieces = {
  /** As many as asked for; fewer only where the stream ends. */
  readonly take: (length: number) => Promise<Uint8Array<ArrayBuffer>>
  /** Tells the stream that nothing more is wanted. */
  readonly close: () => Promise<void>
}

export const piecesOf = (stream: ByteStream): Pieces => {
  const source = iterable(stream)[Symbol.asyncIterator]()
  let rest = new Uint8Array() as Uint8Array
  const more = async (): Promise<boolean> => {
    const next = await source.next()
    if (next.done === true) return false
    rest = next.value
    return true
  }
  const take = async (length: number): Promise<Uint8Array<ArrayBuffer>> => {
    const taken = new Uint8Array(length)
    let at = 0
    while (at < length && (rest.length > 0 || (await more()))) {
      const part = rest.subarray(0, length - at)
      taken.set(part, at)
      at += part.length
      rest = rest.subarray(part.length)
    }
    return at === length ? taken : taken.slice(0, at)
  }
  return {
    take,
    close: async () => {
      await source.return?.()
    },
  }
}

/** Not every browser iterates over its own streams. */
export const iterable = (stream: ByteStream): AsyncIterable<Uint8Array> =>
  'getReader' in stream ? readAll(stream) : stream

async function* readAll(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
