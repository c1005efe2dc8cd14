/** What a request between servers says of itself, before any of it is believed. Pure. */
import type { IncomingMessage } from 'node:http'
import { parseDomain } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { isContentDigest } from '../signatures/contentDigest.js'
import { coversRequest, destinationHeader, sourceHeader } from '../signatures/requestSignature.js'
import type { SignedRequest } from '../signatures/requestSignature.js'
import { findSignature } from '../signatures/signatureFields.js'
import type { FoundSignature } from '../signatures/signatureFields.js'
import { readRequestStamp } from '../signatures/stamp.js'
import type { RequestStamp } from '../signatures/stamp.js'

export type SaidRequest = {
  /** For whom it is signed stands in no header that is believed: that is tried by our own names. */
  readonly request: Omit<SignedRequest, 'authority'>
  readonly found: FoundSignature
  readonly stamp: RequestStamp
}

type Raw = Pick<IncomingMessage, 'method' | 'url' | 'headers'>

export const readSignedRequest = ({ method = '', url = '', headers }: Raw): SaidRequest | Rejected => {
  const field = (name: string): string | undefined => {
    const value = headers[name]
    return typeof value === 'string' ? value : undefined
  }
  const found = findSignature({ signatureInput: field('signature-input'), signature: field('signature') })
  if (found === undefined) return unsigned('send one signature with the tag mls-homeserver-1 (RFC 9421)')
  if (!coversRequest(found)) return unsigned('the signature does not cover exactly what it must, in its order')
  const stamp = readRequestStamp(found.parameters)
  if (stamp === undefined)
    return unsigned('the parameters of the signature are not created, expires, nonce, keyid, tag')
  const [source, destination] = [field(sourceHeader), field(destinationHeader)].map((text) => parseDomain(text ?? ''))
  if (source === undefined || destination === undefined)
    return unsigned(`${sourceHeader} and ${destinationHeader} are domains`)
  const [contentDigest = '', contentType = ''] = [field('content-digest'), field('content-type')]
  if (!isContentDigest(contentDigest)) return unsigned('content-digest is one SHA-256 (RFC 9530)')
  // A request line that is a whole URL names a host of its own.
  if (!url.startsWith('/') || url.includes('#')) return unsigned('the request line has a path')
  return { request: { method, target: url, contentDigest, contentType, source, destination }, found, stamp }
}

export const unsigned = (detail: string): Rejected => reject({ code: 'not-authenticated', detail })
