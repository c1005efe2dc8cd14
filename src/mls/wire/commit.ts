/** A Commit: the proposals that end an epoch, and the committer's fresh path (RFC 9420 §12.4, §7.6). */
import { type HpkeCiphertext, readHpkeCiphertext, writeHpkeCiphertext } from './hpkeCiphertext.js'
import { type LeafNode, readLeafNode, writeLeafNode } from './leafNode.js'
import { commitProposalsMax, pathNodesMax, treeLeavesMax } from './limits.js'
import { type Proposal, readProposal, writeProposal } from './proposal.js'
import { type Reader, readOpaque, readOptional, readUint8, readVector } from '../bytes/reader.js'
import { refuse } from '../bytes/refusal.js'
import { writeOpaque, writeOptional, writeUint8, writeVector, type Writer } from '../bytes/writer.js'

export type Commit = { readonly proposals: readonly ProposalOrRef[]; readonly path: UpdatePath | undefined }

export type ProposalOrRef =
  { readonly type: 'proposal'; readonly proposal: Proposal } | { readonly type: 'reference'; readonly ref: Uint8Array }

export type UpdatePath = { readonly leafNode: LeafNode; readonly nodes: readonly UpdatePathNode[] }

export type UpdatePathNode = {
  readonly encryptionKey: Uint8Array
  /** One per node in the resolution of the copath child. */
  readonly encryptedPathSecrets: readonly HpkeCiphertext[]
}

const kinds = { proposal: 1, reference: 2 } as const

export const readCommit = (reader: Reader): Commit => ({
  proposals: readVector(reader, readProposalOrRef, commitProposalsMax),
  path: readOptional(reader, readUpdatePath),
})

const readProposalOrRef = (reader: Reader): ProposalOrRef => {
  switch (readUint8(reader)) {
    case kinds.proposal:
      return { type: 'proposal', proposal: readProposal(reader) }
    case kinds.reference:
      return { type: 'reference', ref: readOpaque(reader) }
    default:
      return refuse('malformed', 'proposalOrRef')
  }
}

export const readUpdatePath = (reader: Reader): UpdatePath => ({
  leafNode: readLeafNode(reader),
  nodes: readVector(reader, readUpdatePathNode, pathNodesMax),
})

const readUpdatePathNode = (reader: Reader): UpdatePathNode => ({
  encryptionKey: readOpaque(reader),
  encryptedPathSecrets: readVector(reader, readHpkeCiphertext, treeLeavesMax),
})

export const writeCommit = (writer: Writer, commit: Commit): void => {
  writeVector(writer, commit.proposals, writeProposalOrRef)
  writeOptional(writer, commit.path, writeUpdatePath)
}

const writeProposalOrRef = (writer: Writer, item: ProposalOrRef): void => {
  writeUint8(writer, kinds[item.type])
  switch (item.type) {
    case 'proposal':
      writeProposal(writer, item.proposal)
      return
    case 'reference':
      writeOpaque(writer, item.ref)
  }
}

const writeUpdatePath = (writer: Writer, path: UpdatePath): void => {
  writeLeafNode(writer, path.leafNode)
  writeVector(writer, path.nodes, writeUpdatePathNode)
}

const writeUpdatePathNode = (writer: Writer, node: UpdatePathNode): void => {
  writeOpaque(writer, node.encryptionKey)
  writeVector(writer, node.encryptedPathSecrets, writeHpkeCiphertext)
}
