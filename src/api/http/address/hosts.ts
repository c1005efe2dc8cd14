/** By which names we may be asked: any other is somebody else's that was pointed at us (DNS rebinding). */
import type { IncomingMessage } from 'node:http'
import { reject } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'
import { isLocal, isLoopbackName, loopbackNames, namesAt, namesHere } from './local.js'

export type Hosts = {
  /** Why a request cannot be understood, whoever it is for: it names two hosts. */
  readonly malformed: (request: IncomingMessage) => Rejected | undefined
  /** Why it is not for us. */
  readonly misdirected: (request: IncomingMessage) => Rejected | undefined
}

export type HostSettings = {
  /** How clients reach the server, where that is set. */
  readonly publicUrl: string | undefined
  /** The address that is listened on. */
  readonly host: string
}

export const knowHosts = ({ publicUrl, host }: HostSettings): Hosts => ({
  malformed: ({ headersDistinct }) =>
    (headersDistinct['host'] ?? []).length > 1 ? reject({ code: 'malformed', detail: 'two Host headers' }) : undefined,
  misdirected: (request) => {
    const known = namesFor(request, publicUrl, host)
    if (known === undefined || isLocal(request)) return undefined
    return namedBy(request).every((name) => known.includes(name)) ? undefined : reject({ code: 'misdirected' })
  },
})

/** Where a server can be reached by any name. */
export const anyHost = knowHosts({ publicUrl: undefined, host: '0.0.0.0' })

/** Undefined: any name will do. */
const namesFor = (
  { socket }: IncomingMessage,
  publicUrl: string | undefined,
  host: string,
): readonly string[] | undefined => {
  if (publicUrl !== undefined) return namesAt(publicUrl)
  if (!isLoopbackName(host)) return undefined
  const own = host.includes(':') ? `[${host}]` : host.toLowerCase()
  return [own, ...loopbackNames].flatMap((name) => namesHere(name, socket))
}

/** Its Host, and the authority of its target where that is a whole URL (RFC 9112 §3.2.2). */
const namedBy = ({ headers, url = '/' }: IncomingMessage): readonly string[] => {
  const host = (headers.host ?? '').toLowerCase()
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1]
  return authority === undefined ? [host] : [host, authority.toLowerCase()]
}
