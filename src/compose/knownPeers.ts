/** The servers that settings name, as this one would find them: for whoever looks whether they can be found. */
import { isLoopbackName } from '../api/http/address/local.js'
import { knowDirectories } from '../federation/peers/directories.js'
import { PeerNotFederating, PeerUnreachable } from '../federation/peers/peerErrors.js'
import { systemClock } from '../adapters/system/clock.js'
import type { Domain } from '../mls/wire/ids.js'
import { mapped, outboundTo } from './federation.js'
import type { Config } from './settings/config.js'

/** `why`: in words, where it was not found. */
export type FoundPeer =
  | { readonly domain: Domain; readonly found: 'itself' }
  | { readonly domain: Domain; readonly found: 'nobody' | 'somethingElse'; readonly why: string }

/** Whether others are told an address that is not this machine's alone. */
export const isInTheWorld = ({ publicUrl }: Pick<Config, 'publicUrl'>): boolean =>
  publicUrl !== undefined && !isLoopbackName(new URL(publicUrl).hostname)

/** Asks each of them for its directory. `others`: domains that settings need not name. */
export async function* findPeers(
  { federation }: Pick<Config, 'federation'>,
  others: readonly Domain[],
): AsyncGenerator<FoundPeer, void, void> {
  const map = mapped(federation.peers)
  const outbound = outboundTo(map)
  const directories = knowDirectories({ outbound, map, clock: systemClock })
  try {
    for (const domain of new Set([...others, ...federation.peers.keys()]))
      yield await directories.of(domain).then((): FoundPeer => ({ domain, found: 'itself' }), notFound(domain))
  } finally {
    await outbound.close()
  }
}

const notFound =
  (domain: Domain) =>
  (error: unknown): FoundPeer => {
    if (error instanceof PeerUnreachable) return { domain, found: 'nobody', why: error.message }
    if (error instanceof PeerNotFederating) return { domain, found: 'somethingElse', why: error.message }
    throw error
  }
