/** Statements of roots (mls/group/rootStatement.ts), by node:crypto. */
import { nodeCrypto } from '../../mls/crypto/nodeCrypto.js'
import * as roots from '../../mls/group/rootStatement.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { RootStatement } from './directoryDocument.js'

/** What is signed, by the private key of `from`; ECDSA with SHA-256, and DER. `from`, `to`: certificates, DER. */
export const rootStatementContent = (domain: Domain, from: Uint8Array, to: Uint8Array): Uint8Array =>
  roots.rootStatementContent(domain, from, to, nodeCrypto)

/** Statements from a pinned root to another, in order; undefined where none lead there, or one does not hold. */
export const statementsTo = (
  domain: Domain,
  pinned: string,
  wanted: string,
  statements: readonly RootStatement[],
): readonly RootStatement[] | undefined => roots.statementsTo(domain, { pinned, wanted }, statements, nodeCrypto)
