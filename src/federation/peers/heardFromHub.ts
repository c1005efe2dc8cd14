/** What a hub's answer comes to where it is not the one that its endpoint has: a refusal of its own, or no answer. */
import type { OutboundAnswer } from '../../ports/outbound.js'
import type { Domain } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected, Rejection } from '../../streams/rejection.js'
import { problemHeader, rejectionSaid } from '../problemHeader.js'
import { PeerUnreachable } from './peerErrors.js'

/**
 * Of an answer without the draft's struct: the problem in its body, which is signed. Throws PeerUnreachable where it says neither
 * yes nor no; what does not hold of our request (its signature, its time) is nothing that a client of ours could mend.
 */
export const refusedBy = (hub: Domain, { status, body, headers }: OutboundAnswer): Rejected => {
  if (status === 404 || status === 403) return reject({ code: 'no-such-group' })
  const rejection = status >= 400 && status !== 401 ? rejectionSaid(textIn(body)) : undefined
  // What a third server is to it, it may say; how it is itself comes to not being there.
  if (rejection !== undefined && (status < 500 || isOfThird(rejection))) return reject(rejection)
  throw new PeerUnreachable(hub, `it answers ${status}`, secondsIn(headers['retry-after']))
}

const isOfThird = ({ code }: Rejection): boolean => code === 'peer-unreachable' || code === 'peer-not-federating'

/** Beside a struct that has no room for it; undefined where the hub says no more than the struct does. */
export const rejectionBeside = ({ headers }: OutboundAnswer): Rejected | undefined => {
  const rejection = rejectionSaid(headers[problemHeader])
  return rejection === undefined ? undefined : reject(rejection)
}

const secondsIn = (after: string | undefined): number | undefined =>
  after !== undefined && /^\d{1,6}$/.test(after) ? Number(after) : undefined

const textIn = (body: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return undefined
  }
}
