/** The extensions of a GroupContext that the group itself obeys: required_capabilities and external_senders. */
import { readRequiredCapabilities, type RequiredCapabilities } from './capabilities.js'
import { type Credential, readCredential, writeCredential } from './credential.js'
import { type Extension, extensionType, findExtension, isDefaultExtension } from './extension.js'
import { externalSendersMax } from './limits.js'
import { decodeExactly, type Reader, readOpaque, readVector } from '../bytes/reader.js'
import { refuse } from '../bytes/refusal.js'
import { writeOpaque, type Writer } from '../bytes/writer.js'

/** Somebody outside the group who may send proposals to it (RFC 9420 §12.1.8.1). */
export type ExternalSender = { readonly signatureKey: Uint8Array; readonly credential: Credential }

const nothingRequired: RequiredCapabilities = { extensions: [], proposals: [], credentials: [] }

export const requiredCapabilitiesIn = (extensions: readonly Extension[]): RequiredCapabilities => {
  const data = findExtension(extensions, extensionType.requiredCapabilities)
  return data === undefined ? nothingRequired : decodeExactly(data, readRequiredCapabilities)
}

export const externalSendersIn = (extensions: readonly Extension[]): readonly ExternalSender[] => {
  const data = findExtension(extensions, extensionType.externalSenders)
  return data === undefined ? [] : decodeExactly(data, readExternalSenders)
}

const readExternalSenders = (reader: Reader): ExternalSender[] =>
  readVector(reader, readExternalSender, externalSendersMax)

export const readExternalSender = (reader: Reader): ExternalSender => ({
  signatureKey: readOpaque(reader),
  credential: readCredential(reader),
})

export const writeExternalSender = (writer: Writer, sender: ExternalSender): void => {
  writeOpaque(writer, sender.signatureKey)
  writeCredential(writer, sender.credential)
}

/**
 * Both decode, required_capabilities names what the policy wants in every group, and it names every other extension of
 * the list: OpenMLS refuses later GroupContextExtensions proposals in a group where it does not.
 */
export const checkContextExtensions = (
  extensions: readonly Extension[],
  wanted: readonly number[],
  code: 'invalid-proposal' | 'group-info-mismatch',
): void => {
  const required = requiredCapabilitiesIn(extensions)
  externalSendersIn(extensions)
  if (!wanted.every((type) => required.extensions.includes(type))) refuse(code, 'requiredCapabilities')
  for (const { type } of extensions)
    if (!isDefaultExtension(type) && !required.extensions.includes(type)) refuse(code, 'unrequiredExtension')
}
