/** Whose address a request counts for: the peer's, or the nearest that no trusted proxy stands at (docs/production.md). */
import type { IncomingMessage } from 'node:http'
import type { Logger } from '../../../ports/logger.js'
import { countedAs, parseAddress } from '../../../structures/address.js'
import type { Address } from '../../../structures/address.js'
import { isLoopback, namesForwarder } from './local.js'
import { isIn } from './networks.js'
import type { ProxyHeader, TrustedProxies } from './trustedProxies.js'

export type Callers = {
  /** Says once that requests are forwarded though nobody is trusted. */
  readonly notice: (request: IncomingMessage) => void
  /** Whether one was. */
  readonly forwardedUntrusted: () => boolean
  /** What the request counts for: the bytes of an IPv4 address, the /64 of an IPv6 one. */
  readonly addressOf: (request: IncomingMessage) => string
  /** The same where it is limited by it; undefined for this machine itself, unless that is a trusted proxy. */
  readonly limitedBy: (request: IncomingMessage) => string | undefined
}

export const knowCallers = ({ addresses, header }: TrustedProxies, logger: Pick<Logger, 'warn'>): Callers => {
  const trusts = (address: Address): boolean => addresses !== undefined && isIn(addresses, address)
  let noticed = false

  const notice: Callers['notice'] = (request) => {
    if (noticed || addresses !== undefined || !namesForwarder(request)) return
    noticed = true
    logger.warn('a request was forwarded, but TRUSTED_PROXIES is not set: everybody behind that proxy counts as it', {
      proxy: request.socket.remoteAddress ?? 'gone',
    })
  }

  /** From the trusted end: what a proxy says is believed as long as proxies say it; what is no address is the proxy's. */
  const callerOf = (request: IncomingMessage): Address | undefined => {
    let nearest = parseAddress(request.socket.remoteAddress ?? '')
    if (nearest === undefined || !trusts(nearest)) return nearest
    for (const hop of hopsOf(request, header).toReversed()) {
      const named = parseAddress(hop)
      if (named === undefined) return nearest
      nearest = named
      if (!trusts(named)) return named
    }
    return nearest
  }

  return {
    notice,
    forwardedUntrusted: () => noticed,
    addressOf: (request) => keyOf(callerOf(request)),
    limitedBy: (request) => {
      const caller = callerOf(request)
      return caller !== undefined && isLoopback(caller) && !trusts(caller) ? undefined : keyOf(caller)
    },
  }
}

const keyOf = (address: Address | undefined): string => (address === undefined ? 'unknown' : countedAs(address))

/** Whom the hops before us spoke for, the nearest last. */
const hopsOf = ({ headers }: IncomingMessage, header: ProxyHeader): readonly string[] => {
  const value = headers[header]
  const hops = (Array.isArray(value) ? value.join(',') : (value ?? '')).split(',').map((hop) => hop.trim())
  return hops.filter((hop) => hop !== '').map((hop) => (header === 'forwarded' ? forOf(hop) : hop))
}

/** `for=` of one hop (RFC 7239 §4); a comma in quotes ends a hop as well: a client that leaves them open hides nobody. */
const forOf = (hop: string): string => {
  const named = hop.split(';').flatMap((pair) => /^\s*for\s*=\s*("?)(.*)\1\s*$/i.exec(pair)?.[2] ?? [])
  return named.length === 1 ? (named[0] ?? '') : ''
}
