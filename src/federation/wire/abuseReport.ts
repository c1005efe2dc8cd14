/** reportAbuse: what somebody says of messages in a room; for the operator to read. */
import { readOpaque, readUint8, readVector } from '../../mls/bytes/reader.js'
import { writeOpaque, writeUint8, writeVector } from '../../mls/bytes/writer.js'
import { type AppDataDictionary, appDataDictionary } from './appDataDictionary.js'
import type { Codec } from './body.js'
import { type Frank, frank } from './frank.js'
import { abusiveMessagesMax } from './limits.js'
import { text, uri } from './text.js'
import { timestamp } from './time.js'

export type AbusiveMessage = {
  readonly content: Uint8Array
  readonly frank: Frank
  readonly acceptedTimestamp: number
}
export type AbuseReport = {
  /** Empty where nobody says who it is. */
  readonly reportingUser: string
  readonly allegedAbuserUri: string
  /** The draft has names for none of them yet. */
  readonly reasonCode: number
  readonly note: string
  readonly messages: readonly AbusiveMessage[]
  readonly extensions: AppDataDictionary
}

const abusiveMessage: Codec<AbusiveMessage> = {
  read: (reader) => ({
    content: readOpaque(reader),
    frank: frank.read(reader),
    acceptedTimestamp: timestamp.read(reader),
  }),
  write: (writer, message) => {
    writeOpaque(writer, message.content)
    frank.write(writer, message.frank)
    timestamp.write(writer, message.acceptedTimestamp)
  },
}

export const abuseReport: Codec<AbuseReport> = {
  read: (reader) => ({
    reportingUser: uri.read(reader),
    allegedAbuserUri: uri.read(reader),
    reasonCode: readUint8(reader),
    note: text.read(reader),
    messages: readVector(reader, abusiveMessage.read, abusiveMessagesMax),
    extensions: appDataDictionary.read(reader),
  }),
  write: (writer, report) => {
    uri.write(writer, report.reportingUser)
    uri.write(writer, report.allegedAbuserUri)
    writeUint8(writer, report.reasonCode)
    text.write(writer, report.note)
    writeVector(writer, report.messages, abusiveMessage.write)
    appDataDictionary.write(writer, report.extensions)
  },
}
