/** A Welcome: what newcomers need to join, encrypted to the KeyPackages they were added by (RFC 9420 §12.4.3.1). */
import { type HpkeCiphertext, readHpkeCiphertext, writeHpkeCiphertext } from './hpkeCiphertext.js'
import { preSharedKeysMax, welcomeSecretsMax } from './limits.js'
import { type PreSharedKeyId, readPreSharedKeyId, writePreSharedKeyId } from './preSharedKeyId.js'
import { type Reader, readOpaque, readOptional, readUint16, readVector } from '../bytes/reader.js'
import { writeOpaque, writeOptional, writeUint16, writeVector, type Writer } from '../bytes/writer.js'

export type Welcome = {
  readonly cipherSuite: number
  readonly secrets: readonly EncryptedGroupSecrets[]
  readonly encryptedGroupInfo: Uint8Array
}

export type EncryptedGroupSecrets = {
  /** The KeyPackageRef of the newcomer. */
  readonly newMember: Uint8Array
  readonly encryptedGroupSecrets: HpkeCiphertext
}

/** What an EncryptedGroupSecrets holds; only a client ever sees one. */
export type GroupSecrets = {
  readonly joinerSecret: Uint8Array
  readonly pathSecret: Uint8Array | undefined
  readonly preSharedKeys: readonly PreSharedKeyId[]
}

/** The KeyPackageRefs that a Welcome addresses, in its order. */
export const welcomeRefs = (welcome: Welcome): Uint8Array[] => welcome.secrets.map(({ newMember }) => newMember)

export const readWelcome = (reader: Reader): Welcome => ({
  cipherSuite: readUint16(reader),
  secrets: readVector(reader, readEncryptedGroupSecrets, welcomeSecretsMax),
  encryptedGroupInfo: readOpaque(reader),
})

const readEncryptedGroupSecrets = (reader: Reader): EncryptedGroupSecrets => ({
  newMember: readOpaque(reader),
  encryptedGroupSecrets: readHpkeCiphertext(reader),
})

export const writeWelcome = (writer: Writer, welcome: Welcome): void => {
  writeUint16(writer, welcome.cipherSuite)
  writeVector(writer, welcome.secrets, writeEncryptedGroupSecrets)
  writeOpaque(writer, welcome.encryptedGroupInfo)
}

const writeEncryptedGroupSecrets = (writer: Writer, secrets: EncryptedGroupSecrets): void => {
  writeOpaque(writer, secrets.newMember)
  writeHpkeCiphertext(writer, secrets.encryptedGroupSecrets)
}

export const readGroupSecrets = (reader: Reader): GroupSecrets => ({
  joinerSecret: readOpaque(reader),
  pathSecret: readOptional(reader, readOpaque),
  preSharedKeys: readVector(reader, readPreSharedKeyId, preSharedKeysMax),
})

export const writeGroupSecrets = (writer: Writer, secrets: GroupSecrets): void => {
  writeOpaque(writer, secrets.joinerSecret)
  writeOptional(writer, secrets.pathSecret, writeOpaque)
  writeVector(writer, secrets.preSharedKeys, writePreSharedKeyId)
}
