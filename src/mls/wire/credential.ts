/** Credentials (RFC 9420 §5.3): the identity that a leaf claims, basic or as an X.509 chain. */
import { certificatesMax } from './limits.js'
import { type Reader, readOpaque, readUint16, readVector } from '../bytes/reader.js'
import { refuse } from '../bytes/refusal.js'
import { writeOpaque, writeUint16, writeVector, type Writer } from '../bytes/writer.js'

export type Credential =
  | { readonly type: 'basic'; readonly identity: Uint8Array }
  | { readonly type: 'x509'; readonly certificates: readonly Uint8Array[] }

/** The registered numbers, as capabilities name them. */
export const credentialTypes = { basic: 1, x509: 2 } as const

export const readCredential = (reader: Reader): Credential => {
  switch (readUint16(reader)) {
    case credentialTypes.basic:
      return { type: 'basic', identity: readOpaque(reader) }
    case credentialTypes.x509:
      return { type: 'x509', certificates: readVector(reader, readOpaque, certificatesMax) }
    default:
      return refuse('unsupported-message', 'credentialType')
  }
}

export const writeCredential = (writer: Writer, credential: Credential): void => {
  writeUint16(writer, credentialTypes[credential.type])
  switch (credential.type) {
    case 'basic':
      writeOpaque(writer, credential.identity)
      return
    case 'x509':
      writeVector(writer, credential.certificates, writeOpaque)
  }
}
