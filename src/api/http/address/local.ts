/** Who sits at this very machine, asking us by its own name: nobody who came through a proxy or by a name of the web. */
import { BlockList } from 'node:net'
import type { Socket } from 'node:net'
import type { IncomingMessage } from 'node:http'
import { parseAddress } from '../../../structures/address.js'
import type { Address } from '../../../structures/address.js'
import { isIn } from './networks.js'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

export const isLoopback = (address: Address): boolean => isIn(loopback, address)

/** The names that a browser resolves to this machine whatever DNS says. */
export const loopbackNames = ['localhost', '127.0.0.1', '[::1]'] as const

/** A loopback address, bracketed or not, or localhost. */
export const isLoopbackName = (host: string): boolean => {
  const address = parseAddress(host)
  return host.toLowerCase() === 'localhost' || (address !== undefined && isLoopback(address))
}

/** The peer is loopback, nothing was forwarded, and Host is a loopback name with our port. */
export const isLocal = (request: IncomingMessage): boolean => {
  const peer = parseAddress(request.socket.remoteAddress ?? '')
  if (peer === undefined || !isLoopback(peer) || namesForwarder(request)) return false
  // A target that is a whole URL names a host of its own.
  if (request.url?.startsWith('/') !== true) return false
  const host = (request.headers.host ?? '').toLowerCase()
  return loopbackNames.some((name) => namesHere(name, request.socket).includes(host))
}

/** How Host may name the port that a connection came to, under a name of ours. */
export const namesHere = (name: string, socket: Socket): readonly string[] =>
  namesAt(`${'encrypted' in socket ? 'https' : 'http'}://${name}:${socket.localPort ?? 0}`)

/** How Host may name the origin of a URL: with its port, and without where it is the scheme's own. */
export const namesAt = (url: string): readonly string[] => {
  const { hostname, port, protocol } = new URL(url)
  return port === '' ? [hostname, `${hostname}:${protocol === 'https:' ? 443 : 80}`] : [`${hostname}:${port}`]
}

const forwarders: ReadonlySet<string> = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
])

/** Whether a header says that somebody asks for somebody else. */
export const namesForwarder = ({ headers }: IncomingMessage): boolean =>
  Object.keys(headers).some((name) => name.startsWith('x-forwarded-') || forwarders.has(name))
