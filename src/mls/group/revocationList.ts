/** Pages of a domain's list of revoked certificates, signed by the authority that signs its clients' ones: nobody on the way leaves a line out unseen. Pure. */
import { fromBase64url } from '../bytes/base64url.js'
import { attempt } from '../bytes/refusal.js'
import type { CryptoProvider } from '../crypto/provider.js'
import { schemeOfKey } from '../crypto/signatureScheme.js'
import type { Domain } from '../wire/ids.js'
import { issuerUnder } from './verifyChain.js'

/** `serial`: hexadecimal. `at`: when, ms. */
export type Revoked = { readonly serial: string; readonly at: number }

export type RevocationList = {
  /** What was asked for: it begins behind that. Empty of the first page. */
  readonly cursor: string
  readonly revoked: readonly Revoked[]
  /** The cursor of the page that follows; without it this is the last one so far. */
  readonly next?: string | undefined
  /** When it was signed, ms. */
  readonly time: number
}

/** `issuer`: the intermediate certificate whose key signed it, DER; base64url. */
export type SignedRevocations = RevocationList & { readonly issuer: string; readonly signature: string }

/** What is signed, in lines: what it is, whose, cursor, next, time, and a line for each certificate. */
export const revocationsContent = (
  domain: Domain,
  { cursor, revoked, next = '', time }: RevocationList,
): Uint8Array => {
  const lines = revoked.map(({ serial, at }) => `${serial} ${at}`)
  const head = ['mls-homeserver revocations 1', domain, cursor, next, String(time)]
  return new TextEncoder().encode([...head, ...lines].join('\n'))
}

/** Whether it is signed under one of the roots (DER) that are believed of the domain. */
export const areRevocationsOf = (
  domain: Domain,
  { issuer, signature, ...list }: SignedRevocations,
  roots: readonly Uint8Array[],
  crypto: CryptoProvider,
): boolean => {
  const [certificate, signed] = [issuer, signature].map(fromBase64url)
  if (certificate === undefined || signed === undefined) return false
  const found = attempt(() => issuerUnder(certificate, roots, crypto))
  const scheme = found.ok ? schemeOfKey(found.value.publicKeyOid) : undefined
  if (!found.ok || scheme?.curve !== 'Ed25519') return false
  const content = revocationsContent(domain, list)
  return crypto.verify({ scheme, hash: undefined, key: found.value.publicKey, content, signature: signed })
}
