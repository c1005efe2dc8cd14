/** Sending a message of a client of ours to the hub of another server's group. */
import type { GroupId, UserId } from '../../mls/wire/ids.js'
import type { OutboundAnswer } from '../../ports/outbound.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { acceptedHeader } from '../problemHeader.js'
import { decodeBody, encodeBody } from '../wire/body.js'
import { submitMessageRequest, submitMessageResponse } from '../wire/submitMessage.js'
import { askHub } from './askHub.js'
import type { Submitted } from './askHub.js'
import type { Peers } from './client.js'
import { rejectionBeside } from './heardFromHub.js'

export type Submitting = {
  readonly group: GroupId
  readonly user: UserId
  /** The MLSMessage. */
  readonly message: Uint8Array
  /** The same for the same send, however often it is asked for. */
  readonly idempotencyKey: string
}

const answerBytesMax = 16 * 1024
const timeoutMs = 15_000

/** What the hub says. Throws what `Peers` throws, and PeerUnreachable for an answer that says neither yes nor no. */
export const submitMessage = (
  peers: Peers,
  { group, user, message, idempotencyKey }: Submitting,
): Promise<Submitted | Rejected> => {
  const body = encodeBody(submitMessageRequest, { appMessage: message, sendingUri: user }, message.length + 200)
  const asked = { group, endpoint: 'submitMessage', key: idempotencyKey, body, bytesMax: answerBytesMax, timeoutMs }
  return askHub(peers, asked, heardIn)
}

const heardIn = (answer: OutboundAnswer): Submitted | Rejected | undefined => {
  const decoded = decodeBody(submitMessageResponse, answer.body)
  if (!decoded.ok) return undefined
  const response = decoded.value
  switch (response.code) {
    case 'accepted':
      return { at: response.acceptedTimestamp, accepted: answer.headers[acceptedHeader] }
    case 'epochTooOld':
      return reject({ code: 'epoch-too-old', currentEpoch: String(response.currentEpoch) })
    case 'notAllowed':
      return rejectionBeside(answer) ?? reject({ code: 'not-allowed', capability: 'send' })
  }
}
