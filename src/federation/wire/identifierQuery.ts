/** identifierQuery: finding a user of a server by a handle or a field of a profile. */
import { readOpaque, readVector } from '../../mls/bytes/reader.js'
import { writeOpaque, writeVector } from '../../mls/bytes/writer.js'
import { type AppDataDictionary, appDataDictionary } from './appDataDictionary.js'
import type { Codec } from './body.js'
import { codeOf } from './code.js'
import { fieldsMax, foundMax, queryElementsMax } from './limits.js'
import { text, uri } from './text.js'

const searchType = codeOf('searchIdentifierType', {
  handle: 1,
  nick: 2,
  email: 3,
  phone: 4,
  partialName: 5,
  wholeProfile: 6,
  oidcStdClaim: 7,
  vcardField: 8,
})

export type QueryElement = { readonly value: string } & (
  | { readonly type: 'handle' | 'nick' | 'email' | 'phone' | 'partialName' | 'wholeProfile' }
  | { readonly type: 'oidcStdClaim' | 'vcardField'; readonly field: string }
)

const queryElement: Codec<QueryElement> = {
  read: (reader) => {
    const type = searchType.read(reader)
    if (type !== 'oidcStdClaim' && type !== 'vcardField') return { type, value: text.read(reader) }
    const field = text.read(reader)
    return { type, field, value: text.read(reader) }
  },
  write: (writer, element) => {
    searchType.write(writer, element.type)
    if (element.type === 'oidcStdClaim' || element.type === 'vcardField') text.write(writer, element.field)
    text.write(writer, element.value)
  },
}

/** All elements must match. */
export type IdentifierRequest = { readonly elements: readonly QueryElement[]; readonly extensions: AppDataDictionary }

export const identifierRequest: Codec<IdentifierRequest> = {
  read: (reader) => ({
    elements: readVector(reader, queryElement.read, queryElementsMax),
    extensions: appDataDictionary.read(reader),
  }),
  write: (writer, { elements, extensions }) => {
    writeVector(writer, elements, queryElement.write)
    appDataDictionary.write(writer, extensions)
  },
}

const code = codeOf('identifierQueryCode', {
  success: 0,
  notFound: 1,
  ambiguous: 2,
  forbidden: 3,
  unsupportedField: 4,
})
const fieldSource = codeOf('fieldSource', { oidcStdClaim: 7, vcardField: 8 })

export type ProfileField = {
  readonly source: ReturnType<typeof fieldSource.read>
  readonly name: string
  readonly value: Uint8Array
}
export type UserProfile = { readonly stableUri: string; readonly fields: readonly ProfileField[] }
export type IdentifierResponse = {
  readonly code: ReturnType<typeof code.read>
  readonly uris: readonly string[]
  readonly foundProfiles: readonly UserProfile[]
  readonly extensions: AppDataDictionary
}

const profileField: Codec<ProfileField> = {
  read: (reader) => ({ source: fieldSource.read(reader), name: text.read(reader), value: readOpaque(reader) }),
  write: (writer, { source, name, value }) => {
    fieldSource.write(writer, source)
    text.write(writer, name)
    writeOpaque(writer, value)
  },
}

const userProfile: Codec<UserProfile> = {
  read: (reader) => ({ stableUri: uri.read(reader), fields: readVector(reader, profileField.read, fieldsMax) }),
  write: (writer, { stableUri, fields }) => {
    uri.write(writer, stableUri)
    writeVector(writer, fields, profileField.write)
  },
}

export const identifierResponse: Codec<IdentifierResponse> = {
  read: (reader) => ({
    code: code.read(reader),
    uris: readVector(reader, uri.read, foundMax),
    foundProfiles: readVector(reader, userProfile.read, foundMax),
    extensions: appDataDictionary.read(reader),
  }),
  write: (writer, response) => {
    code.write(writer, response.code)
    writeVector(writer, response.uris, uri.write)
    writeVector(writer, response.foundProfiles, userProfile.write)
    appDataDictionary.write(writer, response.extensions)
  },
}
