/** One request to one address, and its answer whole: within its bytes, or an error. */
import { request as requestHttp } from 'node:http'
import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { OutboundTooLarge, OutboundUnreachable } from '../../ports/outbound.js'
import type { OutboundAnswer, OutboundRequest } from '../../ports/outbound.js'
import type { Target } from './target.js'
import { unlessAborted } from './unlessAborted.js'

/** There was no connection, so nothing was sent: another address may do. */
export class NotConnected extends OutboundUnreachable {}

export type Exchange = {
  readonly target: Target
  /** The checked one: no name is resolved any more. */
  readonly address: string
  readonly agent: Agent
  readonly request: OutboundRequest
  readonly connectMs: number
  /** Its reason is what is thrown. */
  readonly signal: AbortSignal
}

/** All header lines of an answer together. */
const headerBytesMax = 16 * 1024

/** Throws NotConnected, OutboundUnreachable, OutboundTooLarge, the signal's reason. */
export const exchange = async (asked: Exchange): Promise<OutboundAnswer> => {
  const { target, request, signal, connectMs } = asked
  signal.throwIfAborted()
  const sent = begin(asked)
  const connecting = watchConnecting(sent, connectMs)
  try {
    const response = await unlessAborted(signal, responseTo(sent, request.body))
    const body = await unlessAborted(signal, gather(response, request.bytesMax))
    return { status: response.statusCode ?? 0, headers: headersOf(response), body }
  } catch (error) {
    sent.destroy()
    throw signal.aborted ? error : inOurWords(target, error, connecting.isOver())
  } finally {
    connecting.forget()
  }
}

const begin = ({ target, address, agent, request }: Exchange): ClientRequest => {
  const { secure, host, isAddress, port, authority, path } = target
  const { method, body } = request
  const length = body === undefined ? {} : { 'content-length': String(body.length) }
  const headers = { ...request.headers, ...length, host: authority }
  const options = { host: address, port, path, method, headers, agent, maxHeaderSize: headerBytesMax }
  // The certificate is held against the name, or, where there is none, against the address.
  return secure ? requestHttps({ ...options, servername: isAddress ? '' : host }) : requestHttp(options)
}

const responseTo = (sent: ClientRequest, body: Uint8Array | undefined): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    sent.on('error', reject).on('response', resolve)
    sent.on('close', () => {
      reject(new Error('it hung up'))
    })
    sent.end(body)
  })

/** An address where nobody answers is not waited for as long as the answer. */
const watchConnecting = (sent: ClientRequest, connectMs: number) => {
  let isOver = false
  let late: NodeJS.Timeout | undefined
  const over = (): void => {
    isOver = true
    clearTimeout(late)
  }
  sent.on('socket', (socket) => {
    if (!socket.connecting) {
      over()
      return
    }
    late = setTimeout(() => sent.destroy(new Error('nobody answers there')), connectMs)
    socket.once('connect', over)
  })
  return {
    isOver: () => isOver,
    forget: () => {
      clearTimeout(late)
    },
  }
}

class TooLong extends Error {}

const gather = async (response: IncomingMessage, bytesMax: number): Promise<Uint8Array> => {
  if (Number(response.headers['content-length'] ?? 0) > bytesMax) throw new TooLong()
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > bytesMax) throw new TooLong()
    chunks.push(chunk)
  }
  if (!response.complete) throw new Error('the answer broke off')
  return new Uint8Array(Buffer.concat(chunks))
}

const headersOf = ({ headersDistinct }: IncomingMessage): OutboundAnswer['headers'] =>
  Object.fromEntries(Object.entries(headersDistinct).map(([name, lines]) => [name, (lines ?? []).join(', ')]))

const inOurWords = ({ authority }: Target, error: unknown, connected: boolean): Error => {
  const isOverflow = error instanceof Error && 'code' in error && error.code === 'HPE_HEADER_OVERFLOW'
  if (isOverflow || error instanceof TooLong) return new OutboundTooLarge(`${authority}: too long an answer`)
  const said = `${authority}: ${error instanceof Error ? error.message : String(error)}`
  return connected ? new OutboundUnreachable(said, { cause: error }) : new NotConnected(said, { cause: error })
}
