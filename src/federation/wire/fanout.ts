/** notify: FanoutMessages, one after another, as the draft has them. */
import { type Reader, readOptional, readVector } from '../../mls/bytes/reader.js'
import { refuse } from '../../mls/bytes/refusal.js'
import { writeOptional, writeRaw, writeVector } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'
import { frank } from './frank.js'
import type { Frank } from './frank.js'
import { itemsMax, moreProposalsMax } from './limits.js'
import { isApplication, isHandshake, proposalMessage, readMessage } from './mlsObjects.js'
import { ratchetTreeOption } from './options.js'
import { timestamp } from './time.js'

/** `message`: the MLSMessage. */
export type FanoutMessage = { readonly timestamp: number; readonly message: Uint8Array } & (
  | { readonly type: 'application'; readonly frank: Frank | undefined }
  | { readonly type: 'welcome'; readonly ratchetTree: Uint8Array }
  | { readonly type: 'proposal'; readonly moreProposals: readonly Uint8Array[] }
  /** In place of what an external Commit made void. */
  | { readonly type: 'commit'; readonly externalProposals: readonly Uint8Array[] }
)

const readProposals = (reader: Reader): readonly Uint8Array[] =>
  readVector(reader, proposalMessage.read, moreProposalsMax)

export const fanoutMessage: Codec<FanoutMessage> = {
  read: (reader) => {
    const at = timestamp.read(reader)
    const read = readMessage(reader)
    const heard = { timestamp: at, message: read.bytes }
    if (isApplication(read)) return { ...heard, type: 'application', frank: readOptional(reader, frank.read) }
    if (read.wireFormat === 'welcome') return { ...heard, type: 'welcome', ratchetTree: ratchetTreeOption.read(reader) }
    if (isHandshake(read, 'proposal')) return { ...heard, type: 'proposal', moreProposals: readProposals(reader) }
    if (isHandshake(read, 'commit')) return { ...heard, type: 'commit', externalProposals: readProposals(reader) }
    return refuse('unsupported-message', 'fanout')
  },
  write: (writer, fanout) => {
    timestamp.write(writer, fanout.timestamp)
    writeRaw(writer, fanout.message)
    switch (fanout.type) {
      case 'application':
        writeOptional(writer, fanout.frank, frank.write)
        return
      case 'welcome':
        ratchetTreeOption.write(writer, fanout.ratchetTree)
        return
      case 'proposal':
        writeVector(writer, fanout.moreProposals, proposalMessage.write)
        return
      case 'commit':
        writeVector(writer, fanout.externalProposals, proposalMessage.write)
    }
  },
}

/** Structs one after another to the end of the body; at least one. */
export const oneAfterAnother = <T>({ read, write }: Codec<T>): Codec<readonly T[]> => ({
  read: (reader) => {
    const all: T[] = [read(reader)]
    while (reader.at < reader.end) {
      if (all.length === itemsMax) refuse('too-large', 'items', { max: itemsMax, actual: itemsMax + 1 })
      all.push(read(reader))
    }
    return all
  },
  write: (writer, all) => {
    for (const one of all) write(writer, one)
  },
})

export const fanoutMessages = oneAfterAnother(fanoutMessage)
