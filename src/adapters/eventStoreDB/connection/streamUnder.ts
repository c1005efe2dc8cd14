/**
 * The HTTP/2 stream under a gRPC call, for messages in great numbers: the library sends and hands on one after another, each
 * in turns of its own and through a dozen promises, which costs several times what the message does.
 */
import type { Metadata } from '@grpc/grpc-js'
import type { ClientHttp2Stream } from 'node:http2'
import { framed, unframed } from './messageFrames.js'

export type StreamUnder = {
  /**
   * Hands on what comes from now on; the library sees none of it, and goes on to tell how the call ends. `fail` is told of
   * what is no message, and of what `handOn` throws.
   */
  take(handOn: (message: Buffer) => void, fail: (error: unknown) => void): void
  /** Whether nothing that was written the library's way waits to be sent: what is written here comes behind it. */
  readonly isNext: () => boolean
  readonly write: (messages: readonly Buffer[]) => void
}

/** What the library hides in a call (its version is pinned, and a test notices where it is elsewhere). */
type Layers = {
  readonly writableLength?: number
  readonly call?: { readonly call?: { readonly child?: Retrying } }
}
type Retrying = {
  readonly committedCallIndex?: number | null
  /** Messages, of which the first was the call's `writeBufferOffset`th. */
  readonly writeBuffer?: readonly unknown[]
  readonly writeBufferOffset?: number
  readonly underlyingCalls?: readonly Attempt[]
}
type Attempt = {
  /** Those before it are on the stream. */
  readonly nextMessageToSend?: number
  readonly call?: { readonly child?: { readonly http2Stream?: unknown } }
}

/**
 * To be asked when the call's metadata has come: before its first message, and past the last moment in which the library might
 * begin it again elsewhere. Undefined: messages go the library's way.
 */
export const streamUnder = (call: object, metadata: Metadata): StreamUnder | undefined => {
  const layers = call as Layers
  const retrying = layers.call?.call?.child
  const attempt = retrying?.underlyingCalls?.[retrying.committedCallIndex ?? -1]
  const stream = attempt?.call?.child?.http2Stream
  if (!isStream(stream) || metadata.get('grpc-encoding').some(isCompressed)) return undefined
  return {
    take: (handOn, fail) => {
      const take = unframed(handOn)
      stream.removeAllListeners('data')
      stream.on('data', (piece: Buffer) => {
        try {
          take(piece)
        } catch (error) {
          stream.removeAllListeners('data')
          stream.resume()
          fail(error)
        }
      })
    },
    isNext: () => {
      const { writeBufferOffset = NaN, writeBuffer = [] } = retrying ?? {}
      return layers.writableLength === 0 && attempt?.nextMessageToSend === writeBufferOffset + writeBuffer.length
    },
    write: (messages) => {
      stream.write(framed(messages))
    },
  }
}

const isStream = (found: unknown): found is ClientHttp2Stream =>
  typeof found === 'object' && found !== null && 'sentHeaders' in found && 'resume' in found

const isCompressed = (encoding: unknown): boolean => encoding !== 'identity'
