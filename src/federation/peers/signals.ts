/** Telling another server signals: once, and whether they were taken is all that is asked. */
import type { Domain } from '../../mls/wire/ids.js'
import { encodeBody } from '../wire/body.js'
import { signals } from '../wire/signals.js'
import type { Peers } from './client.js'
import { PeerUnreachable } from './peerErrors.js'

/** The extension that a directory names, and the endpoint: it has no room, as each signal names its group. */
export const signalsExtension = 'signals'

/** Throws what `Peers` throws, and PeerUnreachable where they were not taken. */
export type PostSignals = (peer: Domain, all: readonly Uint8Array[]) => Promise<void>

const answerBytesMax = 16 * 1024
/** What is older is worth nothing. */
const timeoutMs = 5_000

export const postSignals =
  (peers: Peers, signal: AbortSignal): PostSignals =>
  async (peer, all) => {
    const { status } = await peers.ask(peer, {
      method: 'POST',
      endpoint: signalsExtension,
      parameters: {},
      contentType: 'message/mls',
      body: encodeBody(signals, all),
      bytesMax: answerBytesMax,
      timeoutMs,
      signal,
    })
    if (status !== 204) throw new PeerUnreachable(peer, `it answers ${status} to signals`)
  }
