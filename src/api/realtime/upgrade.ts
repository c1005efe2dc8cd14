/** What a handshake must bring: our name and path, room for its address, and a token that holds, if it brings one. */
import type { IncomingMessage } from 'node:http'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { bearerTokenIn } from '../http/request/bearer.js'
import type { Callers } from '../http/address/callers.js'
import type { Hosts } from '../http/address/hosts.js'
import type { Principal } from '../principal.js'
import type { SocketsPerAddress } from './socketsPerAddress.js'
import type { Voice } from './voices.js'

export type UpgradeDependencies = {
  readonly authenticate: (token: string) => Promise<Principal | Rejected>
  readonly perAddress: Pick<SocketsPerAddress, 'max' | 'isFull'>
  readonly callers: Pick<Callers, 'limitedBy'>
  readonly hosts: Hosts
}

export type Admitted = {
  /** The address that the socket counts for; undefined when it counts for none. */
  readonly address: string | undefined
  readonly greeting: Voice | undefined
}

export const websocketPath = '/v1/websocket'
/** Browsers cannot set headers: the token may come as a subprotocol. */
const bearerProtocol = 'bearer.'

/** The cheapest check first. Throws what `authenticate` throws. */
export const admit = async (deps: UpgradeDependencies, request: IncomingMessage): Promise<Admitted | Rejected> => {
  const unclear = deps.hosts.malformed(request)
  if (unclear !== undefined) return unclear
  if (!isHere(request.url ?? '')) return reject({ code: 'no-such-route' })
  const misdirected = deps.hosts.misdirected(request)
  if (misdirected !== undefined) return misdirected
  const address = deps.callers.limitedBy(request)
  if (address !== undefined && deps.perAddress.isFull(address)) {
    return reject({ code: 'limit-reached', limit: 'websocketsPerAddressMax', max: deps.perAddress.max() })
  }
  const token = tokenOf(request)
  if (token === undefined) return { address, greeting: undefined }
  const principal = await deps.authenticate(token)
  return 'rejected' in principal ? principal : { address, greeting: { token, principal } }
}

/** What is no URL at all names nothing either. */
const isHere = (url: string): boolean => {
  const base = 'http://localhost'
  return URL.canParse(url, base) && new URL(url, base).pathname === websocketPath
}

const tokenOf = ({ headers }: IncomingMessage): string | undefined => {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
  return (
    bearerTokenIn(headers.authorization) ??
    offered.find((protocol) => protocol.startsWith(bearerProtocol))?.slice(bearerProtocol.length)
  )
}
