/** requestConsent and updateConsent: one user's word to another on claiming its KeyPackages. */
import { type Reader, readOptional, readVector } from '../../mls/bytes/reader.js'
import { writeOptional, writeVector, type Writer } from '../../mls/bytes/writer.js'
import { type AppDataDictionary, appDataDictionary } from './appDataDictionary.js'
import type { Codec } from './body.js'
import { codeOf } from './code.js'
import { clientsMax } from './limits.js'
import { keyPackage } from './mlsObjects.js'
import { uri } from './text.js'

const operation = codeOf('consentOperation', { cancel: 0, request: 1, grant: 2, revoke: 3 })

export type ConsentScope = {
  readonly requesterUri: string
  readonly targetUri: string
  readonly roomId: string | undefined
}
export type ConsentEntry = ConsentScope & { readonly extensions: AppDataDictionary } & (
    | { readonly operation: 'cancel' | 'request' | 'revoke' }
    /** Bare KeyPackages. */
    | { readonly operation: 'grant'; readonly keyPackages: readonly Uint8Array[] }
  )

const readScope = (reader: Reader): ConsentScope => ({
  requesterUri: uri.read(reader),
  targetUri: uri.read(reader),
  roomId: readOptional(reader, uri.read),
})

const writeScope = (writer: Writer, { requesterUri, targetUri, roomId }: ConsentScope): void => {
  uri.write(writer, requesterUri)
  uri.write(writer, targetUri)
  writeOptional(writer, roomId, uri.write)
}

export const consentEntry: Codec<ConsentEntry> = {
  read: (reader) => {
    const asked = operation.read(reader)
    const scope = readScope(reader)
    if (asked !== 'grant') return { ...scope, operation: asked, extensions: appDataDictionary.read(reader) }
    const keyPackages = readVector(reader, keyPackage.read, clientsMax)
    return { ...scope, operation: asked, keyPackages, extensions: appDataDictionary.read(reader) }
  },
  write: (writer, entry) => {
    operation.write(writer, entry.operation)
    writeScope(writer, entry)
    if (entry.operation === 'grant') writeVector(writer, entry.keyPackages, keyPackage.write)
    appDataDictionary.write(writer, entry.extensions)
  },
}
