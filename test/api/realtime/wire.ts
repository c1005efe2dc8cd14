/** The network side of a frame writer: what was written to it, write by write, and the frames in it. */
import { Duplex } from 'node:stream'

export type Wire = {
  readonly connection: Duplex
  /** Each write as it came. */
  readonly writes: Buffer[]
  /** The text of every frame so far. */
  readonly texts: () => readonly string[]
  /** Every frame so far, as JSON. */
  readonly frames: () => readonly { readonly [field: string]: unknown }[]
  /** Takes what was held back, and everything from now on. */
  readonly letGo: () => void
}

/** `held`: takes the first write and says of no other that it arrived. */
export const makeWire = ({ held = false } = {}): Wire => {
  const writes: Buffer[] = []
  let goOn: (() => void) | undefined
  let holding = held
  const connection = new Duplex({
    highWaterMark: 1,
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      writes.push(chunk)
      if (holding) goOn = done
      else done()
    },
  })
  const texts = (): readonly string[] => framesIn(Buffer.concat(writes))
  return {
    connection,
    writes,
    texts,
    frames: () => texts().map((text) => JSON.parse(text) as { [field: string]: unknown }),
    letGo: () => {
      holding = false
      goOn?.()
    },
  }
}

/** Unmasked text frames that are whole (RFC 6455 §5.2). */
const framesIn = (bytes: Buffer): readonly string[] => {
  const found: string[] = []
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== 0x81) throw new Error('not a whole text frame')
    const short = bytes.readUInt8(at + 1)
    const header = short < 126 ? 2 : short === 126 ? 4 : 10
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    found.push(bytes.subarray(at + header, at + header + length).toString())
    at += header + length
  }
  return found
}

/** The end of this turn of the event loop, after what it had to say. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
