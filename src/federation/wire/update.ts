/** update: a Commit with what belongs to it, or proposals, for the hub to judge; and its answer. */
import { readOpaque, readOptional, readUint64, readVector } from '../../mls/bytes/reader.js'
import { refuse } from '../../mls/bytes/refusal.js'
import { writeOpaque, writeOptional, writeRaw, writeUint64, writeVector } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'
import { codeOf } from './code.js'
import { invalidProposalsMax, moreProposalsMax } from './limits.js'
import { isHandshake, proposalMessage, readMessage, welcome } from './mlsObjects.js'
import { groupInfoOption, ratchetTreeOption } from './options.js'
import { text } from './text.js'
import { timestamp } from './time.js'

/** HandshakeBundle, which UpdateRequest is. Messages with their headers, Welcome and GroupInfo without. */
export type UpdateRequest =
  | {
      readonly type: 'commit'
      readonly commit: Uint8Array
      readonly welcome: Uint8Array | undefined
      readonly groupInfo: Uint8Array
      readonly ratchetTree: Uint8Array
    }
  | { readonly type: 'proposal'; readonly proposal: Uint8Array; readonly moreProposals: readonly Uint8Array[] }

export const updateRequest: Codec<UpdateRequest> = {
  read: (reader) => {
    const message = readMessage(reader)
    if (isHandshake(message, 'commit'))
      return {
        type: 'commit',
        commit: message.bytes,
        welcome: readOptional(reader, welcome.read),
        groupInfo: groupInfoOption.read(reader),
        ratchetTree: ratchetTreeOption.read(reader),
      }
    if (!isHandshake(message, 'proposal')) refuse('unsupported-message', 'handshake')
    const moreProposals = readVector(reader, proposalMessage.read, moreProposalsMax)
    return { type: 'proposal', proposal: message.bytes, moreProposals }
  },
  write: (writer, request) => {
    if (request.type === 'proposal') {
      writeRaw(writer, request.proposal)
      writeVector(writer, request.moreProposals, proposalMessage.write)
      return
    }
    writeRaw(writer, request.commit)
    writeOptional(writer, request.welcome, welcome.write)
    groupInfoOption.write(writer, request.groupInfo)
    ratchetTreeOption.write(writer, request.ratchetTree)
  },
}

const code = codeOf('updateResponseCode', { success: 0, wrongEpoch: 1, notAllowed: 2, invalidProposal: 3 })

/** UpdateRoomResponse. */
export type UpdateResponse = { readonly errorDescription: string } & (
  | { readonly code: 'success'; readonly acceptedTimestamp: number }
  | { readonly code: 'wrongEpoch'; readonly currentEpoch: bigint }
  | { readonly code: 'notAllowed' }
  /** ProposalRefs. */
  | { readonly code: 'invalidProposal'; readonly invalidProposals: readonly Uint8Array[] }
)

export const updateResponse: Codec<UpdateResponse> = {
  read: (reader) => {
    const status = code.read(reader)
    const errorDescription = text.read(reader)
    switch (status) {
      case 'success':
        return { code: status, errorDescription, acceptedTimestamp: timestamp.read(reader) }
      case 'wrongEpoch':
        return { code: status, errorDescription, currentEpoch: readUint64(reader) }
      case 'notAllowed':
        return { code: status, errorDescription }
      case 'invalidProposal':
        return {
          code: status,
          errorDescription,
          invalidProposals: readVector(reader, readOpaque, invalidProposalsMax),
        }
    }
  },
  write: (writer, response) => {
    code.write(writer, response.code)
    text.write(writer, response.errorDescription)
    if (response.code === 'success') timestamp.write(writer, response.acceptedTimestamp)
    if (response.code === 'wrongEpoch') writeUint64(writer, response.currentEpoch)
    if (response.code === 'invalidProposal') writeVector(writer, response.invalidProposals, writeOpaque)
  },
}
