/** submitMessage: an application message for the hub, and its answer. */
import { readOptional, readUint64 } from '../../mls/bytes/reader.js'
import { writeOptional, writeUint64 } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'
import { codeOf, protocol } from './code.js'
import { frank } from './frank.js'
import type { Frank } from './frank.js'
import { applicationMessage } from './mlsObjects.js'
import { uri } from './text.js'
import { timestamp } from './time.js'

export type SubmitMessageRequest = {
  /** An MLSMessage with a PrivateMessage. */
  readonly appMessage: Uint8Array
  /** The user who sends it, by the word of its server. */
  readonly sendingUri: string
}

export const submitMessageRequest: Codec<SubmitMessageRequest> = {
  read: (reader) => {
    protocol.read(reader)
    return { appMessage: applicationMessage.read(reader), sendingUri: uri.read(reader) }
  },
  write: (writer, { appMessage, sendingUri }) => {
    protocol.write(writer, 'mls10')
    applicationMessage.write(writer, appMessage)
    uri.write(writer, sendingUri)
  },
}

const code = codeOf('submitResponseCode', { accepted: 0, notAllowed: 1, epochTooOld: 2 })

export type SubmitMessageResponse =
  | { readonly code: 'accepted'; readonly acceptedTimestamp: number; readonly frank: Frank | undefined }
  | { readonly code: 'notAllowed' }
  | { readonly code: 'epochTooOld'; readonly currentEpoch: bigint }

export const submitMessageResponse: Codec<SubmitMessageResponse> = {
  read: (reader) => {
    protocol.read(reader)
    const status = code.read(reader)
    switch (status) {
      case 'accepted':
        return {
          code: status,
          acceptedTimestamp: timestamp.read(reader),
          frank: readOptional(reader, frank.read),
        }
      case 'notAllowed':
        return { code: status }
      case 'epochTooOld':
        return { code: status, currentEpoch: readUint64(reader) }
    }
  },
  write: (writer, response) => {
    protocol.write(writer, 'mls10')
    code.write(writer, response.code)
    if (response.code === 'accepted') {
      timestamp.write(writer, response.acceptedTimestamp)
      writeOptional(writer, response.frank, frank.write)
    }
    if (response.code === 'epochTooOld') writeUint64(writer, response.currentEpoch)
  },
}
