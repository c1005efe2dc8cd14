/** The body of a request as it comes, for routes that take it so: nothing of it is read before they do. */
import type { Request } from 'express'

export type Incoming = {
  readonly bytes: AsyncIterable<Uint8Array>
  /** As Content-Length says it; undefined where it comes in chunks. */
  readonly length: number | undefined
}

/** Requests that may take longer than others: whoever reads them sees to it that they come. */
export type Lasting = Pick<WeakSet<object>, 'add' | 'delete' | 'has'>

/** Its end is left to the reader: what is not read must not end the connection before it is answered. */
export const incomingOf = (request: Request): Incoming => {
  const length = request.get('content-length')
  return {
    bytes: request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>,
    length: length === undefined ? undefined : Number(length),
  }
}
