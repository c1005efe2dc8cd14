/** Fetching a URL of another server's as anybody may: unsigned, through the one way out, and whole within bounds. */
import type { Domain } from '../../mls/wire/ids.js'
import { OutboundTooLarge } from '../../ports/outbound.js'
import type { Outbound, OutboundAnswer } from '../../ports/outbound.js'
import { assetPieceBytesMax } from '../wire/limits.js'
import type { Directories } from './directories.js'
import { PeerUnreachable } from './peerErrors.js'

/** Undefined where it is more than a piece: it is to be asked for in ranges. Throws PeerUnreachable, PeerNotFederating. */
export type FetchFrom = (
  peer: Domain,
  url: string,
  headers: Readonly<Record<string, string>>,
) => Promise<OutboundAnswer | undefined>

const timeoutMs = 20_000

export const fetchFrom =
  (outbound: Pick<Outbound, 'request'>, { reachedAt }: Pick<Directories, 'reachedAt'>): FetchFrom =>
  (peer, url, headers) =>
    outbound
      .request(reachedAt(peer, url), { method: 'GET', headers, bytesMax: assetPieceBytesMax, timeoutMs })
      .catch((error: unknown) => {
        if (error instanceof OutboundTooLarge) return undefined
        throw new PeerUnreachable(peer, String(error))
      })
