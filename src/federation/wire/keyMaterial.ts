/** keyMaterial: asking for a KeyPackage of each client of a user, and what comes back. */
import { readOpaque, readOptional, readSince, readUint16, readVector } from '../../mls/bytes/reader.js'
import type { Reader } from '../../mls/bytes/reader.js'
import { refuse } from '../../mls/bytes/refusal.js'
import { writeOpaque, writeOptional, writeUint16, writeVector } from '../../mls/bytes/writer.js'
import type { Writer } from '../../mls/bytes/writer.js'
import {
  readCapabilities,
  readRequiredCapabilities,
  writeCapabilities,
  writeRequiredCapabilities,
} from '../../mls/wire/capabilities.js'
import type { Capabilities, RequiredCapabilities } from '../../mls/wire/capabilities.js'
import { readCredential, writeCredential } from '../../mls/wire/credential.js'
import type { Credential } from '../../mls/wire/credential.js'
import type { Codec } from './body.js'
import { codeOf, protocol } from './code.js'
import { cipherSuitesMax, clientsMax } from './limits.js'
import { keyPackage } from './mlsObjects.js'
import { uri } from './text.js'

/** KeyMaterialRequestTBS. */
export type KeyMaterialAsked = {
  readonly requestingUser: string
  readonly targetUser: string
  /** Empty where it is for no room. */
  readonly roomId: string
  readonly cipherSuites: readonly number[]
  readonly requiredCapabilities: RequiredCapabilities
  readonly signatureKey: Uint8Array
  readonly credential: Credential
}
export type KeyMaterialRequest = KeyMaterialAsked & { readonly signature: Uint8Array }
/** `signed`: what the signature covers, with the label KeyMaterialRequestTBS. */
export type DecodedKeyMaterialRequest = KeyMaterialRequest & { readonly signed: Uint8Array }

const readAsked = (reader: Reader): KeyMaterialAsked => {
  protocol.read(reader)
  const requestingUser = uri.read(reader)
  const targetUser = uri.read(reader)
  const roomId = uri.read(reader)
  const cipherSuites = readVector(reader, readUint16, cipherSuitesMax)
  if (cipherSuites.length === 0) refuse('malformed', 'cipherSuites')
  return {
    requestingUser,
    targetUser,
    roomId,
    cipherSuites,
    requiredCapabilities: readRequiredCapabilities(reader),
    signatureKey: readOpaque(reader),
    credential: readCredential(reader),
  }
}

export const keyMaterialAsked: Pick<Codec<KeyMaterialAsked>, 'write'> = {
  write: (writer, asked) => {
    protocol.write(writer, 'mls10')
    uri.write(writer, asked.requestingUser)
    uri.write(writer, asked.targetUser)
    uri.write(writer, asked.roomId)
    writeVector(writer, asked.cipherSuites, writeUint16)
    writeRequiredCapabilities(writer, asked.requiredCapabilities)
    writeOpaque(writer, asked.signatureKey)
    writeCredential(writer, asked.credential)
  },
}

export const keyMaterialRequest = {
  read: (reader: Reader): DecodedKeyMaterialRequest => {
    const start = reader.at
    const asked = readAsked(reader)
    const signed = readSince(reader, start)
    return { ...asked, signed, signature: readOpaque(reader) }
  },
  write: (writer: Writer, request: KeyMaterialRequest): void => {
    keyMaterialAsked.write(writer, request)
    writeOpaque(writer, request.signature)
  },
}

const userStatus = codeOf('keyMaterialUserCode', {
  success: 0,
  partialSuccess: 1,
  incompatibleProtocol: 2,
  noCompatibleMaterial: 3,
  userUnknown: 4,
  noConsent: 5,
  noConsentForThisRoom: 6,
  userDeleted: 7,
})
export type KeyMaterialUserStatus = ReturnType<typeof userStatus.read>

const clientStatus = codeOf('keyMaterialClientCode', { success: 0, keyMaterialExhausted: 1, nothingCompatible: 2 })

export type ClientKeyMaterial = { readonly clientUri: string } &
  /** A bare KeyPackage. */
  (
    | { readonly status: 'success'; readonly keyPackage: Uint8Array }
    | { readonly status: 'keyMaterialExhausted' }
    | { readonly status: 'nothingCompatible'; readonly capabilities: Capabilities | undefined }
  )

const clientKeyMaterial: Codec<ClientKeyMaterial> = {
  read: (reader) => {
    const status = clientStatus.read(reader)
    const clientUri = uri.read(reader)
    switch (status) {
      case 'success':
        return { clientUri, status, keyPackage: keyPackage.read(reader) }
      case 'keyMaterialExhausted':
        return { clientUri, status }
      case 'nothingCompatible':
        return { clientUri, status, capabilities: readOptional(reader, readCapabilities) }
    }
  },
  write: (writer, material) => {
    clientStatus.write(writer, material.status)
    uri.write(writer, material.clientUri)
    if (material.status === 'success') keyPackage.write(writer, material.keyPackage)
    if (material.status === 'nothingCompatible') writeOptional(writer, material.capabilities, writeCapabilities)
  },
}

export type KeyMaterialResponse = {
  readonly userStatus: KeyMaterialUserStatus
  readonly userUri: string
  readonly clients: readonly ClientKeyMaterial[]
}

/** Of any other code there must be no clients. */
const withClients: ReadonlySet<KeyMaterialUserStatus> = new Set(['success', 'partialSuccess', 'noCompatibleMaterial'])

export const keyMaterialResponse: Codec<KeyMaterialResponse> = {
  read: (reader) => {
    protocol.read(reader)
    const status = userStatus.read(reader)
    const userUri = uri.read(reader)
    const clients = readVector(reader, clientKeyMaterial.read, clientsMax)
    if (clients.length > 0 && !withClients.has(status)) refuse('malformed', 'clients')
    return { userStatus: status, userUri, clients }
  },
  write: (writer, response) => {
    protocol.write(writer, 'mls10')
    userStatus.write(writer, response.userStatus)
    uri.write(writer, response.userUri)
    writeVector(writer, response.clients, clientKeyMaterial.write)
  },
}
