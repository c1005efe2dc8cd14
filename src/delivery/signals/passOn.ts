/** A signal on its way to whoever is there: the one thing outgoing that does not start from the log, and that nobody keeps. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { GroupId } from '../../mls/wire/ids.js'

export type PassedSignal = {
  readonly group: GroupId
  /** Of its sender, who is not told what it says. */
  readonly leafIndex: number
  /** The Signal, as it came. */
  readonly bytes: Uint8Array
}

/** Hands it on, now or never: it must neither wait nor throw. */
export type PassOn = (signal: PassedSignal) => void

/** The end of a frame that says it, made once for all who are told: what is before it names the queue. */
export const signalTail = (bytes: Uint8Array): Buffer => Buffer.from(`"signal":"${toBase64url(bytes)}"}`)

/** To each of these: the sockets of this process, other processes, and whoever else is to hear of it one day. */
export const passOnToAll =
  (...all: readonly PassOn[]): PassOn =>
  (signal) => {
    for (const passOn of all) passOn(signal)
  }
