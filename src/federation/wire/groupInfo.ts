/** groupInfo: what a client needs to join by itself, sealed to the key that it asked with. */
import { type Reader, readOpaque, readOptional, readSince, readUint16, readVector } from '../../mls/bytes/reader.js'
import { writeOpaque, writeOptional, writeUint16, writeVector, type Writer } from '../../mls/bytes/writer.js'
import { type ExternalSender, readExternalSender, writeExternalSender } from '../../mls/wire/contextExtensions.js'
import { type Credential, readCredential, writeCredential } from '../../mls/wire/credential.js'
import { type HpkeCiphertext, readHpkeCiphertext, writeHpkeCiphertext } from '../../mls/wire/hpkeCiphertext.js'
import type { Codec } from './body.js'
import { codeOf, protocol } from './code.js'
import { pendingProposalsMax } from './limits.js'
import { groupInfo, proposalMessage } from './mlsObjects.js'
import { ratchetTreeOption } from './options.js'
import { timestamp } from './time.js'

/** GroupInfoRequestTBS. */
export type GroupInfoAsked = {
  readonly cipherSuite: number
  readonly signatureKey: Uint8Array
  readonly credential: Credential
  readonly groupInfoPublicKey: Uint8Array
  readonly joiningCode: Uint8Array | undefined
}
export type GroupInfoRequest = GroupInfoAsked & { readonly signature: Uint8Array }
/** `signed`: what the signature covers, with the label GroupInfoRequestTBS. */
export type DecodedGroupInfoRequest = GroupInfoRequest & { readonly signed: Uint8Array }

const readAsked = (reader: Reader): GroupInfoAsked => {
  protocol.read(reader)
  return {
    cipherSuite: readUint16(reader),
    signatureKey: readOpaque(reader),
    credential: readCredential(reader),
    groupInfoPublicKey: readOpaque(reader),
    joiningCode: readOptional(reader, readOpaque),
  }
}

export const groupInfoAsked: Pick<Codec<GroupInfoAsked>, 'write'> = {
  write: (writer, asked) => {
    protocol.write(writer, 'mls10')
    writeUint16(writer, asked.cipherSuite)
    writeOpaque(writer, asked.signatureKey)
    writeCredential(writer, asked.credential)
    writeOpaque(writer, asked.groupInfoPublicKey)
    writeOptional(writer, asked.joiningCode, writeOpaque)
  },
}

export const groupInfoRequest = {
  read: (reader: Reader): DecodedGroupInfoRequest => {
    const start = reader.at
    const asked = readAsked(reader)
    const signed = readSince(reader, start)
    return { ...asked, signed, signature: readOpaque(reader) }
  },
  write: (writer: Writer, request: GroupInfoRequest): void => {
    groupInfoAsked.write(writer, request)
    writeOpaque(writer, request.signature)
  },
}

/** A PublicMessage, and when the hub accepted it: 0 where that is not known. */
export type PendingProposal = { readonly proposal: Uint8Array; readonly acceptedTime: number }

const pendingProposal: Codec<PendingProposal> = {
  read: (reader) => ({ proposal: proposalMessage.read(reader), acceptedTime: timestamp.read(reader) }),
  write: (writer, { proposal, acceptedTime }) => {
    proposalMessage.write(writer, proposal)
    timestamp.write(writer, acceptedTime)
  },
}

/** GroupInfoRatchetTreeTBE: a bare GroupInfo, the content of the ratchet_tree extension, and what is pending. */
export type GroupState = {
  readonly groupInfo: Uint8Array
  readonly ratchetTree: Uint8Array
  readonly pendingProposals: readonly PendingProposal[]
}

export const groupState: Codec<GroupState> = {
  read: (reader) => ({
    groupInfo: groupInfo.read(reader),
    ratchetTree: ratchetTreeOption.read(reader),
    pendingProposals: readVector(reader, pendingProposal.read, pendingProposalsMax),
  }),
  write: (writer, state) => {
    groupInfo.write(writer, state.groupInfo)
    ratchetTreeOption.write(writer, state.ratchetTree)
    writeVector(writer, state.pendingProposals, pendingProposal.write)
  },
}

const code = codeOf('groupInfoCode', { success: 1, notAuthorized: 2, noSuchRoom: 3 })

/** GroupInfoResponseTBS, of success. */
export type GroupInfoGiven = {
  readonly roomId: Uint8Array
  readonly cipherSuite: number
  /** Our federation key: no group lists it among its external senders. */
  readonly hubSender: ExternalSender
  readonly encryptedGroupState: HpkeCiphertext
}

export type GroupInfoResponse =
  | ({ readonly code: 'success'; readonly signature: Uint8Array } & GroupInfoGiven)
  | { readonly code: 'notAuthorized' | 'noSuchRoom'; readonly roomId: Uint8Array }
export type DecodedGroupInfoResponse =
  | (Extract<GroupInfoResponse, { code: 'success' }> & {
      /** What the signature covers, with the label GroupInfoResponseTBS. */
      readonly signed: Uint8Array
    })
  | Exclude<GroupInfoResponse, { code: 'success' }>

export const groupInfoGiven: Pick<Codec<GroupInfoGiven>, 'write'> = {
  write: (writer, given) => {
    protocol.write(writer, 'mls10')
    writeOpaque(writer, given.roomId)
    code.write(writer, 'success')
    writeUint16(writer, given.cipherSuite)
    writeExternalSender(writer, given.hubSender)
    writeHpkeCiphertext(writer, given.encryptedGroupState)
  },
}

export const groupInfoResponse = {
  read: (reader: Reader): DecodedGroupInfoResponse => {
    const start = reader.at
    protocol.read(reader)
    const roomId = readOpaque(reader)
    const status = code.read(reader)
    if (status !== 'success') return { code: status, roomId }
    const cipherSuite = readUint16(reader)
    const hubSender = readExternalSender(reader)
    const encryptedGroupState = readHpkeCiphertext(reader)
    const signed = readSince(reader, start)
    return {
      code: status,
      roomId,
      cipherSuite,
      hubSender,
      encryptedGroupState,
      signed,
      signature: readOpaque(reader),
    }
  },
  write: (writer: Writer, response: GroupInfoResponse): void => {
    if (response.code === 'success') {
      groupInfoGiven.write(writer, response)
      writeOpaque(writer, response.signature)
      return
    }
    protocol.write(writer, 'mls10')
    writeOpaque(writer, response.roomId)
    code.write(writer, response.code)
  },
}
