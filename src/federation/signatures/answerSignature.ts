/** How an answer between servers is signed: its status and body, and to which request it is the answer. Pure. */
import type { Item } from 'structured-headers'
import { contentDigest, isDigestOf } from './contentDigest.js'
import { plain, signatureBase } from './signatureBase.js'
import type { Component } from './signatureBase.js'
import { findSignature, writeSignature } from './signatureFields.js'
import { verifyWith } from './signingKey.js'
import type { SigningKey } from './signingKey.js'
import { answerParameters, readAnswerStamp } from './stamp.js'

/** `requestSignature`: the field Signature of the request, as it went over the wire. */
export type SignedAnswer = {
  readonly status: number
  readonly body: Uint8Array
  readonly requestSignature: string
}

/** `created`: seconds since 1970. */
export const signAnswer = (
  { status, body, requestSignature }: SignedAnswer,
  created: number,
  key: SigningKey,
): { readonly [name: string]: string } => {
  const digest = contentDigest(body)
  const components = componentsOf(status, digest, requestSignature)
  const parameters = answerParameters({ created, keyid: key.id })
  const base = signatureBase(components, parameters)
  if (base === undefined) throw new Error('an answer to such a request cannot be signed')
  const names = components.map(({ name }) => name)
  const { signatureInput, signature } = writeSignature(names, parameters, key.sign(base))
  return { 'content-digest': digest, 'signature-input': signatureInput, signature }
}

type Headers = { readonly [name: string]: string | undefined }

/** By which key it says to be signed; undefined: by none, or not over what it must be. */
export const answerKeyId = (headers: Headers): string | undefined => {
  const found = findSignature({ signatureInput: headers['signature-input'], signature: headers['signature'] })
  if (found === undefined || !isCovered(found.names)) return undefined
  return readAnswerStamp(found.parameters)?.keyid
}

export const isAnswerSignature = (answer: SignedAnswer, headers: Headers, publicKey: Uint8Array): boolean => {
  const { 'signature-input': signatureInput, signature, 'content-digest': digest = '' } = headers
  const found = findSignature({ signatureInput, signature })
  if (found === undefined || !isCovered(found.names) || !isDigestOf(digest, answer.body)) return false
  const base = signatureBase(componentsOf(answer.status, digest, answer.requestSignature), found.parameters)
  return base !== undefined && verifyWith(publicKey, base, found.signature)
}

const componentsOf = (status: number, digest: string, requestSignature: string): readonly Component[] => [
  { name: plain('@status'), value: String(status) },
  { name: plain('content-digest'), value: digest },
  { name: ofRequest, value: requestSignature },
]

/** RFC 9421 §2.4. */
const ofRequest: Item = ['signature', new Map([['req', true]])]

const isCovered = ([status, digest, request, ...others]: readonly Item[]): boolean =>
  isPlain(status, '@status') &&
  isPlain(digest, 'content-digest') &&
  request?.[0] === 'signature' &&
  request[1].size === 1 &&
  request[1].get('req') === true &&
  others.length === 0

const isPlain = (item: Item | undefined, name: string): boolean => item?.[0] === name && item[1].size === 0
