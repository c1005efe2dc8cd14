/** The word of an old root that another takes its place: the only way, but for a person's hand, by which a pinned one changes. */
import { fromBase64url, toBase64url } from '../bytes/base64url.js'
import { attempt } from '../bytes/refusal.js'
import type { CryptoProvider } from '../crypto/provider.js'
import { schemeOfKey } from '../crypto/signatureScheme.js'
import type { Domain } from '../wire/ids.js'
import { parseCertificate } from '../x509/certificate.js'

/** Certificates, DER, and what the private key of `from` signed; base64url. */
export type RootStatement = { readonly from: string; readonly to: string; readonly signature: string }

type Hash = Pick<CryptoProvider, 'hash'>

/** What is signed, by the private key of `from`; ECDSA with SHA-256, and DER. `from`, `to`: certificates, DER. */
export const rootStatementContent = (domain: Domain, from: Uint8Array, to: Uint8Array, crypto: Hash): Uint8Array =>
  new TextEncoder().encode(
    ['mls-homeserver root statement 1', domain, rootFingerprint(from, crypto), rootFingerprint(to, crypto)].join('\n'),
  )

/** SHA-256 of a root certificate, base64url: what people compare. */
export const rootFingerprint = (root: Uint8Array, { hash }: Hash): string => toBase64url(hash('sha256', root))

/** Statements from a pinned root to another, in order; undefined where none lead there, or one does not hold. */
export const statementsTo = (
  domain: Domain,
  { pinned, wanted }: { readonly pinned: string; readonly wanted: string },
  statements: readonly RootStatement[],
  crypto: CryptoProvider,
): readonly RootStatement[] | undefined => {
  const path: RootStatement[] = []
  let root = pinned
  while (root !== wanted) {
    const next = statements.find(({ from }) => from === root)
    if (next === undefined || path.includes(next) || !holds(domain, next, crypto)) return undefined
    path.push(next)
    root = next.to
  }
  return path
}

const holds = (domain: Domain, statement: RootStatement, crypto: CryptoProvider): boolean => {
  const [from, to, signature] = [statement.from, statement.to, statement.signature].map(fromBase64url)
  if (from === undefined || to === undefined || signature === undefined) return false
  const old = attempt(() => parseCertificate(from))
  const scheme = old.ok ? schemeOfKey(old.value.publicKeyOid) : undefined
  if (!old.ok || scheme === undefined || !attempt(() => parseCertificate(to)).ok) return false
  const hash = scheme.kty === 'EC' ? 'sha256' : undefined
  const content = rootStatementContent(domain, from, to, crypto)
  return crypto.verify({ scheme, hash, key: old.value.publicKey, content, signature })
}
