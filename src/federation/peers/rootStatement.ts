/** The word of an old root that another takes its place: the only way, but for an operator's, by which a pinned one changes. */
import { createHash } from 'node:crypto'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { attempt } from '../../mls/bytes/refusal.js'
import { nodeCrypto } from '../../mls/crypto/nodeCrypto.js'
import { schemeOfKey } from '../../mls/crypto/signatureScheme.js'
import { parseCertificate } from '../../mls/x509/certificate.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { RootStatement } from './directoryDocument.js'

/** What is signed, by the private key of `from`; ECDSA with SHA-256, and DER. `from`, `to`: certificates, DER. */
export const rootStatementContent = (domain: Domain, from: Uint8Array, to: Uint8Array): Uint8Array =>
  new TextEncoder().encode(['mls-homeserver root statement 1', domain, print(from), print(to)].join('\n'))

/** Statements from a pinned root to another, in order; undefined where none lead there, or one does not hold. */
export const statementsTo = (
  domain: Domain,
  pinned: string,
  wanted: string,
  statements: readonly RootStatement[],
): readonly RootStatement[] | undefined => {
  const path: RootStatement[] = []
  let root = pinned
  while (root !== wanted) {
    const next = statements.find(({ from }) => from === root)
    if (next === undefined || path.includes(next) || !holds(domain, next)) return undefined
    path.push(next)
    root = next.to
  }
  return path
}

const holds = (domain: Domain, statement: RootStatement): boolean => {
  const [from, to, signature] = [statement.from, statement.to, statement.signature].map(fromBase64url)
  if (from === undefined || to === undefined || signature === undefined) return false
  const old = attempt(() => parseCertificate(from))
  const scheme = old.ok ? schemeOfKey(old.value.publicKeyOid) : undefined
  if (!old.ok || scheme === undefined || !attempt(() => parseCertificate(to)).ok) return false
  const hash = scheme.kty === 'EC' ? 'sha256' : undefined
  const content = rootStatementContent(domain, from, to)
  return nodeCrypto.verify({ scheme, hash, key: old.value.publicKey, content, signature })
}

const print = (certificate: Uint8Array): string => createHash('sha256').update(certificate).digest('base64url')
