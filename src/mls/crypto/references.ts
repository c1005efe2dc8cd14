/** Hash references (RFC 9420 §5.2): how KeyPackages and proposals are named. */
import { cipherSuite } from './cipherSuite.js'
import { refHash } from './labels.js'
import type { SignedContent } from '../wire/framing.js'
import type { KeyPackage } from '../wire/keyPackage.js'
import { wireFormats } from '../wire/mlsMessage.js'
import { writeOpaque, writeRaw, writerOf, writeUint16, written } from '../bytes/writer.js'

/** Refuses with unsupported-ciphersuite when its suite is none of ours. */
export const keyPackageRef = (keyPackage: KeyPackage): Uint8Array =>
  refHash(cipherSuite(keyPackage.cipherSuite), 'MLS 1.0 KeyPackage Reference', keyPackage.bytes)

/** The ProposalRef of a proposal that came as a PublicMessage. */
export const proposalRef = (suite: number, proposal: SignedContent): Uint8Array =>
  refHash(cipherSuite(suite), 'MLS 1.0 Proposal Reference', authenticatedContent(proposal))

/** AuthenticatedContent (RFC 9420 §6), from the signed bytes as they came. */
const authenticatedContent = (signed: SignedContent): Uint8Array => {
  const writer = writerOf(signed.content.bytes.length + 256)
  writeUint16(writer, wireFormats.publicMessage)
  writeRaw(writer, signed.content.bytes)
  writeOpaque(writer, signed.signature)
  if (signed.confirmationTag !== undefined) writeOpaque(writer, signed.confirmationTag)
  return written(writer)
}
