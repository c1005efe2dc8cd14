/** Whose address a request counts for: the connection's, or the last untrusted one that trusted proxies name. */
import type { IncomingMessage } from 'node:http'

const plain = (address: string): string => address.replace(/^::ffff:/, '').replace(/^\[(.*)\](?::\d+)?$/, '$1')

export const addressOf = (request: IncomingMessage, trustedProxies: readonly string[]): string => {
  const peer = plain(request.socket.remoteAddress ?? '')
  if (!trustedProxies.includes(peer)) return peer
  const named = [...forwarded(request), ...forwardedFor(request)].map(plain)
  return named.findLast((address) => !trustedProxies.includes(address)) ?? peer
}

/** Loopback is this machine, which limits nobody by its address, unless it is a trusted proxy. */
export const countsPerAddress = (address: string): boolean => address !== '::1' && !address.startsWith('127.')

const header = (request: IncomingMessage, name: string): string => {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : (value ?? '')
}

/** RFC 7239: `for=` of each hop, nearest last. */
const forwarded = (request: IncomingMessage): readonly string[] =>
  header(request, 'forwarded')
    .split(',')
    .flatMap((hop) => /(?:^|;)\s*for=("?)([^";,]+)\1/i.exec(hop)?.[2] ?? [])

const forwardedFor = (request: IncomingMessage): readonly string[] =>
  header(request, 'x-forwarded-for')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
