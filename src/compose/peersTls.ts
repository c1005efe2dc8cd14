/** Certificates between servers, where an operator wants them beside signatures: what ours shows, and whose it is shown. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket, checkServerIdentity, createSecureContext } from 'node:tls'
import type { OutboundOptions } from '../adapters/outbound/outbound.js'
import type { Domain } from '../mls/wire/ids.js'
import { onceEach } from '../structures/onceEach.js'
import { readAs } from './doors/listener.js'
import { StartupProblem } from './process/startupProblem.js'
import type { FederationConfig } from './settings/config.js'

export type ShownToPeers = NonNullable<OutboundOptions['tls']>

/** Read once, at the start. Throws StartupProblem. */
export const shownToPeers = ({ tls, caFile }: Pick<FederationConfig, 'tls' | 'caFile'>): ShownToPeers => {
  const own =
    tls === undefined
      ? {}
      : {
          cert: readAs(`FEDERATION_CERT ${tls.certFile}`, tls.certFile).toString(),
          key: readAs(`FEDERATION_KEY ${tls.keyFile}`, tls.keyFile).toString(),
        }
  const ca = caFile === undefined ? {} : { ca: [readAs(`FEDERATION_CA ${caFile}`, caFile).toString()] }
  try {
    createSecureContext({ ...own, ...ca })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartupProblem(78, `FEDERATION_CERT, FEDERATION_KEY or FEDERATION_CA cannot be used: ${reason}`)
  }
  return { ...own, ...ca }
}

/** Whether who asks has shown a certificate of the domain in whose name it signs; that it is a good one TLS has seen to. */
export const namesItsDomain = (): ((request: IncomingMessage, source: Domain) => boolean) => {
  const certificateOf = onceEach((socket: Socket) =>
    socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate() : undefined,
  )
  return ({ socket }, source) => {
    const certificate = certificateOf(socket)
    return certificate !== undefined && checkServerIdentity(source.replace(/:\d+$/, ''), certificate) === undefined
  }
}
