/** GroupInfoOption, and RatchetTreeOption of draft-mahy-mls-ratchet-tree-options-03: whole, or refused by name. */
import { type Reader, readUint8 } from '../../mls/bytes/reader.js'
import { refuse } from '../../mls/bytes/refusal.js'
import { type Writer, writeUint8 } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'
import { groupInfo, treeNodes } from './mlsObjects.js'

const full = 1

/** By their numbers: what we do not take. */
const groupInfos = new Map([[2, 'partialGroupInfo']])
const trees = new Map([
  [2, 'ratchetTreeByUri'],
  [3, 'ratchetTreeOutOfBand'],
  [4, 'ratchetTreeByDistributionService'],
])

const fullOnly = (of: Codec<Uint8Array>, what: string, others: ReadonlyMap<number, string>): Codec<Uint8Array> => ({
  read: (reader: Reader) => {
    const representation = readUint8(reader)
    if (representation === full) return of.read(reader)
    const name = others.get(representation)
    return name === undefined ? refuse('malformed', what) : refuse('unsupported-message', name)
  },
  write: (writer: Writer, bytes: Uint8Array) => {
    writeUint8(writer, full)
    of.write(writer, bytes)
  },
})

/** The bare GroupInfo. */
export const groupInfoOption = fullOnly(groupInfo, 'groupInfoRepresentation', groupInfos)
/** `Node ratchet_tree<V>`: the content of the ratchet_tree extension. */
export const ratchetTreeOption = fullOnly(treeNodes, 'ratchetTreeRepresentation', trees)
