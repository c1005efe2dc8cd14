/** What a handshake must bring: our path, room for its address, and a token that holds, if it brings one. */
import type { IncomingMessage } from 'node:http'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { addressOf, countsPerAddress } from '../http/address.js'
import { bearerTokenIn } from '../http/bearer.js'
import type { Principal } from '../principal.js'
import type { SocketsPerAddress } from './socketsPerAddress.js'
import type { Voice } from './voices.js'

export type UpgradeDependencies = {
  readonly authenticate: (token: string) => Promise<Principal | Rejected>
  readonly perAddress: Pick<SocketsPerAddress, 'max' | 'isFull'>
  readonly trustedProxies: readonly string[]
}

export type Admitted = {
  /** The address that the socket counts for; undefined when it counts for none. */
  readonly address: string | undefined
  readonly greeting: Voice | undefined
}

const path = '/v1/websocket'
/** Browsers cannot set headers: the token may come as a subprotocol. */
const bearerProtocol = 'bearer.'

/** The cheapest check first. Throws what `authenticate` throws. */
export const admit = async (deps: UpgradeDependencies, request: IncomingMessage): Promise<Admitted | Rejected> => {
  if (!isHere(request.url ?? '')) return reject({ code: 'no-such-route' })
  const address = countedAddress(request, deps.trustedProxies)
  if (address !== undefined && deps.perAddress.isFull(address)) {
    return reject({ code: 'limit-reached', limit: 'websocketsPerAddressMax', max: deps.perAddress.max })
  }
  const token = tokenOf(request)
  if (token === undefined) return { address, greeting: undefined }
  const principal = await deps.authenticate(token)
  return 'rejected' in principal ? principal : { address, greeting: { token, principal } }
}

/** What is no URL at all names nothing either. */
const isHere = (url: string): boolean => {
  const base = 'http://localhost'
  return URL.canParse(url, base) && new URL(url, base).pathname === path
}

const countedAddress = (request: IncomingMessage, trustedProxies: readonly string[]): string | undefined => {
  const address = addressOf(request, trustedProxies)
  return countsPerAddress(address) || trustedProxies.includes(address) ? address : undefined
}

const tokenOf = ({ headers }: IncomingMessage): string | undefined => {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
  return (
    bearerTokenIn(headers.authorization) ??
    offered.find((protocol) => protocol.startsWith(bearerProtocol))?.slice(bearerProtocol.length)
  )
}
