/** A Proposal: one change of the group, asked for by a member, an external sender or a newcomer (RFC 9420 §12.1). */
import { type Extension, readExtensions, writeExtensions } from './extension.js'
import { type KeyPackage, readKeyPackage, writeKeyPackage } from './keyPackage.js'
import { type LeafNode, readLeafNode, writeLeafNode } from './leafNode.js'
import { type PreSharedKeyId, readPreSharedKeyId, writePreSharedKeyId } from './preSharedKeyId.js'
import { type Reader, readOpaque, readUint16, readUint32 } from '../bytes/reader.js'
import { refuse } from '../bytes/refusal.js'
import { writeOpaque, writeUint16, writeUint32, type Writer } from '../bytes/writer.js'

export type Proposal =
  | { readonly type: 'add'; readonly keyPackage: KeyPackage }
  | { readonly type: 'update'; readonly leafNode: LeafNode }
  | { readonly type: 'remove'; readonly removed: number }
  | { readonly type: 'preSharedKey'; readonly key: PreSharedKeyId }
  | {
      readonly type: 'reInit'
      readonly groupId: Uint8Array
      readonly version: number
      readonly cipherSuite: number
      readonly extensions: readonly Extension[]
    }
  | { readonly type: 'externalInit'; readonly kemOutput: Uint8Array }
  | { readonly type: 'groupContextExtensions'; readonly extensions: readonly Extension[] }

export type ProposalType = Proposal['type']

const proposalTypes = {
  add: 1,
  update: 2,
  remove: 3,
  preSharedKey: 4,
  reInit: 5,
  externalInit: 6,
  groupContextExtensions: 7,
} as const satisfies Record<ProposalType, number>

/** The types that every client supports and no capabilities list (RFC 9420 §7.2). */
export const isDefaultProposal = (type: number): boolean => type >= 1 && type <= 7

/** A Commit that contains one of these carries an UpdatePath (RFC 9420 §17.4, "Path Required"). */
export const requiresPath: Readonly<Record<ProposalType, boolean>> = {
  add: false,
  update: true,
  remove: true,
  preSharedKey: false,
  reInit: false,
  externalInit: true,
  groupContextExtensions: true,
}

export const readProposal = (reader: Reader): Proposal => {
  const type = readUint16(reader)
  switch (type) {
    case proposalTypes.add:
      return { type: 'add', keyPackage: readKeyPackage(reader) }
    case proposalTypes.update:
      return { type: 'update', leafNode: readLeafNode(reader) }
    case proposalTypes.remove:
      return { type: 'remove', removed: readUint32(reader) }
    case proposalTypes.preSharedKey:
      return { type: 'preSharedKey', key: readPreSharedKeyId(reader) }
    case proposalTypes.reInit:
      return {
        type: 'reInit',
        groupId: readOpaque(reader),
        version: readUint16(reader),
        cipherSuite: readUint16(reader),
        extensions: readExtensions(reader),
      }
    case proposalTypes.externalInit:
      return { type: 'externalInit', kemOutput: readOpaque(reader) }
    case proposalTypes.groupContextExtensions:
      return { type: 'groupContextExtensions', extensions: readExtensions(reader) }
    default:
      return refuse('unsupported-message', 'proposalType', { actual: type })
  }
}

export const writeProposal = (writer: Writer, proposal: Proposal): void => {
  writeUint16(writer, proposalTypes[proposal.type])
  switch (proposal.type) {
    case 'add':
      writeKeyPackage(writer, proposal.keyPackage)
      return
    case 'update':
      writeLeafNode(writer, proposal.leafNode)
      return
    case 'remove':
      writeUint32(writer, proposal.removed)
      return
    case 'preSharedKey':
      writePreSharedKeyId(writer, proposal.key)
      return
    case 'reInit':
      writeOpaque(writer, proposal.groupId)
      writeUint16(writer, proposal.version)
      writeUint16(writer, proposal.cipherSuite)
      writeExtensions(writer, proposal.extensions)
      return
    case 'externalInit':
      writeOpaque(writer, proposal.kemOutput)
      return
    case 'groupContextExtensions':
      writeExtensions(writer, proposal.extensions)
  }
}
