/** How a request between servers is signed: over all that says what it asks, of whom, and for whom. Pure. */
import type { Domain } from '../../mls/wire/ids.js'
import { contentDigest } from './contentDigest.js'
import { plain, signatureBase } from './signatureBase.js'
import type { Component } from './signatureBase.js'
import { writeSignature } from './signatureFields.js'
import type { FoundSignature } from './signatureFields.js'
import type { SigningKey } from './signingKey.js'
import { verifyWith } from './signingKey.js'
import { requestParameters } from './stamp.js'
import type { RequestStamp } from './stamp.js'

export type SignedRequest = {
  readonly method: string
  /** As the destination calls itself: host, and port where it is not the scheme's own. */
  readonly authority: string
  /** As it stands in the request line, with the query behind it where there is one. */
  readonly target: string
  readonly contentDigest: string
  readonly contentType: string
  readonly source: Domain
  readonly destination: Domain
}

/** What is asked; the digest is made of the body. */
export type UnsignedRequest = Omit<SignedRequest, 'contentDigest'> & { readonly body: Uint8Array }

export const sourceHeader = 'homeserver-source'
export const destinationHeader = 'homeserver-destination'

/** All headers that the signature brings, those that it covers among them. */
export const signRequest = (
  { body, ...unsigned }: UnsignedRequest,
  stamp: Omit<RequestStamp, 'keyid'>,
  key: SigningKey,
): { readonly [name: string]: string } => {
  const request = { ...unsigned, contentDigest: contentDigest(body) }
  const components = componentsOf(request)
  const parameters = requestParameters({ ...stamp, keyid: key.id })
  const base = signatureBase(components, parameters)
  if (base === undefined) throw new Error('a request with such headers cannot be signed')
  const names = components.map(({ name }) => name)
  const { signatureInput, signature } = writeSignature(names, parameters, key.sign(base))
  return {
    'content-digest': request.contentDigest,
    'content-type': request.contentType,
    [sourceHeader]: request.source,
    [destinationHeader]: request.destination,
    'signature-input': signatureInput,
    signature,
  }
}

/** Whether a signature covers what it must, and nothing else: any other does not hold over what we take it to cover. */
export const coversRequest = ({ names }: FoundSignature): boolean =>
  names.length === covered.length &&
  names.every(([name, parameters], at) => name === covered[at] && parameters.size === 0)

export const isRequestSignature = (request: SignedRequest, found: FoundSignature, publicKey: Uint8Array): boolean => {
  const base = signatureBase(componentsOf(request), found.parameters)
  return base !== undefined && verifyWith(publicKey, base, found.signature)
}

const componentsOf = (request: SignedRequest): readonly Component[] => {
  const question = request.target.indexOf('?')
  const end = question < 0 ? request.target.length : question
  const values = [
    request.method,
    request.authority,
    // RFC 9421 §2.2.6, §2.2.7: an empty path is a slash, and no query is a question mark.
    end === 0 ? '/' : request.target.slice(0, end),
    end === request.target.length ? '?' : request.target.slice(end),
    request.contentDigest,
    request.contentType,
    request.source,
    request.destination,
  ]
  return covered.map((name, at) => ({ name: plain(name), value: values[at] ?? '' }))
}

const covered = [
  '@method',
  '@authority',
  '@path',
  '@query',
  'content-digest',
  'content-type',
  sourceHeader,
  destinationHeader,
] as const
