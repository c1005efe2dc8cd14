/** The port of requests to other machines' servers, push services and peers alike: the one way out of this house. */

export type OutboundRequest = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Lower-case names. Not given here: host, connection, content-length, transfer-encoding, expect, upgrade, te. */
  readonly headers?: { readonly [name: string]: string }
  readonly body?: Uint8Array
  /** Of the answer's body: a longer one is no answer. */
  readonly bytesMax: number
  /** For the whole exchange, from resolving the name to the last byte of the answer. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** Whatever its status: a redirect is an answer, and followed by nobody. */
export type OutboundAnswer = {
  readonly status: number
  /** Lower-case names; lines of one name are joined by `, ` (RFC 9110 §5.3). */
  readonly headers: { readonly [name: string]: string }
  /** As it came: no content-encoding is undone. */
  readonly body: Uint8Array
}

export type Outbound = {
  /** Throws OutboundRefused, OutboundUnreachable and OutboundTooLarge; what `signal` says when that ends it. */
  request(url: string, request: OutboundRequest): Promise<OutboundAnswer>
  /** Ends what is under way, and the connections that are kept. */
  close(): Promise<void>
}

/** Where requests may go. Every other address than a public one, and every other port, is refused unless it is named here. */
export type OutboundRule = {
  /**
   * Hosts that an operator names, `push.example` or `127.0.0.1:9002` (IPv6 in brackets): with plain http too, whatever their addresses are;
   * without a port, at any port.
   */
  readonly named: readonly string[]
  /** Ports of https at any public address. */
  readonly ports: 'https' | 'anyAboveWellKnown'
}

/** Nobody was asked, and nobody will be: the URL, or every address of its host, is one that is not spoken to. */
export class OutboundRefused extends Error {
  override readonly name = 'OutboundRefused'
}
/** No whole answer came: no such name, nobody there, another certificate, no HTTP, or not in time. What was asked may or may not have happened. */
export class OutboundUnreachable extends Error {
  override readonly name = 'OutboundUnreachable'
}
/** The answer is longer than was allowed. What was asked may have happened. */
export class OutboundTooLarge extends Error {
  override readonly name = 'OutboundTooLarge'
}
