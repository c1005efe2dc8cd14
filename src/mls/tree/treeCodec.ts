/** The ratchet_tree extension: all nodes of a tree in order, trailing blanks left out (RFC 9420 §12.4.3.3). */
import { type LeafNode, readLeafNode } from '../wire/leafNode.js'
import { treeLeavesMax } from '../wire/limits.js'
import { type ParentNode, readParentNode, writeParentNode } from '../wire/parentNode.js'
import { decodeExactly, type Reader, readOptional, readUint8, readVector } from '../bytes/reader.js'
import { refuse } from '../bytes/refusal.js'
import { encodeWith, writeOptional, writeRaw, writeUint8, writeVector, type Writer } from '../bytes/writer.js'

type Node = LeafNode | ParentNode

const nodeTypes = { leaf: 1, parent: 2 } as const

/**
 * The nodes, leaves at even and parents at odd places, the last one a leaf; anything else is malformed, and more leaves,
 * blank ones included, are too-large.
 */
export const decodeTreeNodes = (bytes: Uint8Array, leavesMax = treeLeavesMax): (Node | undefined)[] =>
  decodeExactly(bytes, (reader) => {
    const nodes = readVector(reader, (item) => readOptional(item, readNode), 2 * leavesMax - 1)
    if (nodes.at(-1)?.kind !== 'leaf') refuse('malformed', 'treeEnd')
    const misplaced = nodes.some((node, at) => node !== undefined && (node.kind === 'leaf') !== (at % 2 === 0))
    return misplaced ? refuse('malformed', 'treeOrder') : nodes
  })

const readNode = (reader: Reader): Node => {
  switch (readUint8(reader)) {
    case nodeTypes.leaf:
      return readLeafNode(reader)
    case nodeTypes.parent:
      return readParentNode(reader)
    default:
      return refuse('malformed', 'nodeType')
  }
}

export const encodeTreeNodes = (nodes: readonly (Node | undefined)[]): Uint8Array => {
  let end = nodes.length
  while (end > 0 && nodes[end - 1] === undefined) end--
  const kept = nodes.slice(0, end)
  const room = kept.reduce((sum, node) => sum + roomFor(node), lengthRoom)
  const writeNodes = (writer: Writer): void => {
    writeVector(
      writer,
      kept,
      (item, node) => {
        writeOptional(item, node, writeNode)
      },
      room,
    )
  }
  return encodeWith(writeNodes, kept, room)
}

/** The longest length of a vector (RFC 9420 §2.1.2). */
const lengthRoom = 4

/** About what a node takes, so that the bytes of a large tree are hardly ever moved while they are written. */
const roomFor = (node: Node | undefined): number => {
  if (node === undefined) return 1
  if (node.kind === 'leaf') return node.bytes.length + 2
  return node.encryptionKey.length + node.parentHash.length + 4 * node.unmergedLeaves.length + 4 * lengthRoom
}

const writeNode = (writer: Writer, node: Node): void => {
  writeUint8(writer, nodeTypes[node.kind])
  if (node.kind === 'parent') writeParentNode(writer, node)
  else writeRaw(writer, node.bytes)
}
