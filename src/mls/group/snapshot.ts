/** A public group as bytes, for a fast restart; what is restored was verified before it was stored. */
import { cipherSuite } from '../crypto/cipherSuite.js'
import { readPublicMessage } from '../wire/framing.js'
import { readGroupContext } from '../wire/groupContext.js'
import { pendingOf } from './pendingProposal.js'
import { encodeTree, groupOf, type PublicGroup } from './publicGroup.js'
import { treeOf } from '../tree/ratchetTree.js'
import { decodeExactly, type Reader, readOpaque, readUint8, readVector } from '../bytes/reader.js'
import { attempt, refuse, type Result } from '../bytes/refusal.js'
import { decodeTreeNodes } from '../tree/treeCodec.js'
import { writeOpaque, writerOf, writeUint8, writeVector, written } from '../bytes/writer.js'

/** Changes whenever the shape does; older snapshots are then not restored. */
export const snapshotVersion = 1

/** More than any rule lets pend. */
const pendingMax = 100_000

export const snapshot = (group: PublicGroup): Uint8Array => {
  const writer = writerOf(group.tree.nodes.length * 256)
  writeUint8(writer, snapshotVersion)
  writeOpaque(writer, group.groupContext)
  writeOpaque(writer, group.confirmationTag)
  writeOpaque(writer, encodeTree(group))
  const messages = [...group.pending.values()].map(({ message }) => message.bytes)
  writeVector(writer, messages, writeOpaque)
  return written(writer)
}

/** Refuses with malformed what is no snapshot of this version. */
export const restoreGroup = (bytes: Uint8Array): Result<PublicGroup> =>
  attempt(() => decodeExactly(new Uint8Array(bytes), readSnapshot))

const readSnapshot = (reader: Reader): PublicGroup => {
  if (readUint8(reader) !== snapshotVersion) refuse('malformed', 'snapshotVersion')
  const context = decodeExactly(readOpaque(reader), readGroupContext)
  const confirmationTag = readOpaque(reader)
  const tree = treeOf(cipherSuite(context.cipherSuite), decodeTreeNodes(readOpaque(reader)))
  const messages = readVector(reader, readOpaque, pendingMax).map((message) =>
    decodeExactly(message, readPublicMessage),
  )
  const group = groupOf({ ...context, tree, confirmationTag })
  const pending = messages.map((message) => pendingOf(group.cipherSuite, message))
  return { ...group, pending: new Map(pending.map((proposal) => [proposal.ref, proposal])) }
}
