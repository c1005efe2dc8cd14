/** The name of a pre-shared key (RFC 9420 §8.4). */
import { type Reader, readOpaque, readSince, readUint64, readUint8 } from '../bytes/reader.js'
import { refuse } from '../bytes/refusal.js'
import { writeOpaque, writeUint64, writeUint8, type Writer } from '../bytes/writer.js'

export type PreSharedKeyId = (ExternalKeyId | ResumptionKeyId) & {
  readonly nonce: Uint8Array
  readonly bytes: Uint8Array
}
type ExternalKeyId = { readonly type: 'external'; readonly id: Uint8Array }
type ResumptionKeyId = {
  readonly type: 'resumption'
  readonly usage: ResumptionUsage
  readonly groupId: Uint8Array
  readonly epoch: bigint
}
export type ResumptionUsage = 'application' | 'reinit' | 'branch'

const types = { external: 1, resumption: 2 } as const
const usages = { application: 1, reinit: 2, branch: 3 } as const

export const readPreSharedKeyId = (reader: Reader): PreSharedKeyId => {
  const start = reader.at
  const key = readKey(reader)
  const nonce = readOpaque(reader)
  return { ...key, nonce, bytes: readSince(reader, start) }
}

const readKey = (reader: Reader): ExternalKeyId | ResumptionKeyId => {
  switch (readUint8(reader)) {
    case types.external:
      return { type: 'external', id: readOpaque(reader) }
    case types.resumption:
      return {
        type: 'resumption',
        usage: readUsage(reader),
        groupId: readOpaque(reader),
        epoch: readUint64(reader),
      }
    default:
      return refuse('malformed', 'preSharedKeyType')
  }
}

const readUsage = (reader: Reader): ResumptionUsage => {
  switch (readUint8(reader)) {
    case usages.application:
      return 'application'
    case usages.reinit:
      return 'reinit'
    case usages.branch:
      return 'branch'
    default:
      return refuse('malformed', 'resumptionUsage')
  }
}

export const writePreSharedKeyId = (writer: Writer, key: PreSharedKeyId): void => {
  writeUint8(writer, types[key.type])
  switch (key.type) {
    case 'external':
      writeOpaque(writer, key.id)
      break
    case 'resumption':
      writeUint8(writer, usages[key.usage])
      writeOpaque(writer, key.groupId)
      writeUint64(writer, key.epoch)
      break
  }
  writeOpaque(writer, key.nonce)
}
