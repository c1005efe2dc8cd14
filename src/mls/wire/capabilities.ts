/** What a client supports (RFC 9420 §7.2), and what a group requires of its members (§11.1). */
import { capabilityEntriesMax } from './limits.js'
import { type Reader, readUint16, readVector } from '../bytes/reader.js'
import { writeUint16, writeVector, type Writer } from '../bytes/writer.js'

export type Capabilities = {
  readonly versions: readonly number[]
  readonly cipherSuites: readonly number[]
  readonly extensions: readonly number[]
  readonly proposals: readonly number[]
  readonly credentials: readonly number[]
}

export type RequiredCapabilities = {
  readonly extensions: readonly number[]
  readonly proposals: readonly number[]
  readonly credentials: readonly number[]
}

const readTypes = (reader: Reader): number[] => readVector(reader, readUint16, capabilityEntriesMax)
const writeTypes = (writer: Writer, types: readonly number[]): void => {
  writeVector(writer, types, writeUint16)
}

export const readCapabilities = (reader: Reader): Capabilities => ({
  versions: readTypes(reader),
  cipherSuites: readTypes(reader),
  extensions: readTypes(reader),
  proposals: readTypes(reader),
  credentials: readTypes(reader),
})

export const writeCapabilities = (writer: Writer, capabilities: Capabilities): void => {
  writeTypes(writer, capabilities.versions)
  writeTypes(writer, capabilities.cipherSuites)
  writeTypes(writer, capabilities.extensions)
  writeTypes(writer, capabilities.proposals)
  writeTypes(writer, capabilities.credentials)
}

export const readRequiredCapabilities = (reader: Reader): RequiredCapabilities => ({
  extensions: readTypes(reader),
  proposals: readTypes(reader),
  credentials: readTypes(reader),
})

export const writeRequiredCapabilities = (writer: Writer, required: RequiredCapabilities): void => {
  writeTypes(writer, required.extensions)
  writeTypes(writer, required.proposals)
  writeTypes(writer, required.credentials)
}
