/** Vectors of websocket frames: what a client may say, what it may not, and what it hears. */
import { makeId } from '#src/mls/wire/ids.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { toHex, utf8 } from './hex.js'
import { now, seededBytes } from './seededRandom.js'
import type { Town } from './town.js'

const cursor = (place: number, within?: number): string =>
  `bG9nMQ.${place.toString(36)}${within === undefined ? '' : `.${within}`}`

const problem = (code: string, status: number, title: string, fields: object) => ({
  type: `urn:mls-homeserver:problem:${code}`,
  title,
  status,
  code,
  ...fields,
  requestId: 'pZ9cD2xkQm1vY7aB',
})

export const websocketVectors = ({ domain, alice }: Town) => {
  const group = makeId('group', domain, seededBytes('group', 16))
  const message = seededBytes('an MLSMessage', 24)
  const id = 'send-1'
  const { queue } = alice
  const text = (frame: object): string => JSON.stringify(frame)
  return {
    description:
      'Websocket frames (docs/wire.md, Websocket). Text frames as JSON text; binary frames in hex: the length of the id, the id, the MLSMessage. `message` stands for an MLSMessage and is none.',
    subprotocols: ['mls-homeserver.1', 'bearer.<token>'],
    fromClient: [
      text({ type: 'open', token: 'token', queue, after: cursor(41) }),
      text({ type: 'open' }),
      text({ type: 'acknowledge', queue, upTo: cursor(42) }),
      text({ type: 'acknowledge', queue, upTo: cursor(41, 1) }),
      text({
        type: 'send',
        id,
        group,
        message: toBase64url(message),
        confirmedTranscriptHash: toBase64url(seededBytes('hash', 32)),
      }),
      text({ type: 'send', id, group, message: toBase64url(message) }),
      text({ type: 'token', token: 'token' }),
    ],
    fromClientRefused: [
      text({ type: 'open', queue, extra: 1 }),
      text({ type: 'acknowledge', queue }),
      text({ type: 'send', id: 'with space', group, message: '' }),
      text({ type: 'send', id, group, message: 'AA==' }),
      text({ type: 'unknown' }),
      'not JSON',
    ],
    binary: { id, message: toHex(message), frame: toHex(Uint8Array.of(id.length, ...utf8(id), ...message)) },
    binaryRefused: ['', '00', '0161', '0661', '022020ff'],
    fromServer: [
      text({ type: 'opened', queue, after: cursor(41), acknowledged: cursor(41) }),
      text({
        type: 'item',
        queue,
        item: { type: 'message', group, epoch: '3', message: toBase64url(message), at: 1, position: cursor(42) },
      }),
      text({ type: 'queueEmpty', queue, position: cursor(42) }),
      text({ type: 'accepted', id, position: cursor(43), serverTime: now }),
      text({ type: 'refused', id, problem: problem('epoch-too-old', 409, 'Too far back', { currentEpoch: '9' }) }),
      text({ type: 'displaced', queue }),
      text({ type: 'error', problem: problem('malformed', 400, 'Not of this form', { detail: 'frame: not JSON' }) }),
    ],
    /** Each later than the one before it; of those at one place none is later; of the other log nothing can be said. */
    cursors: {
      ascending: [cursor(41), cursor(42), cursor(36 ** 2)],
      samePlace: [cursor(41), cursor(41, 1), cursor(41, 2)],
      otherLog: 'bG9nMg.1',
    },
    closeCodes: {
      1001: 'the server is going away',
      1011: 'internal error',
      4401: 'not authenticated',
      4408: 'idle',
      4409: 'connected elsewhere',
      4413: 'too large',
      4429: 'too slow',
    },
  }
}
