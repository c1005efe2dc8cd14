/** Where the other processes of this server post signals: signed with the key they share, and nobody else's to see. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { PassOn } from '../../delivery/signals/passOn.js'
import { postSignalsMax, signalsPath } from '../../delivery/signals/otherProcesses.js'
import { signatureHeader } from '../../delivery/signals/signedPost.js'
import type { OpenPost } from '../../delivery/signals/signedPost.js'
import type { Limits } from '../../limits/limits.js'

export type ProcessDoor = {
  readonly open: OpenPost
  /** To the sockets of this process alone: what came from another goes no further. */
  readonly passOn: PassOn
  readonly now: () => number
  readonly limits: Pick<Limits, 'signalBytesMax'>
}

/** Base64url and what stands around each. */
const bytesMax = ({ signalBytesMax }: ProcessDoor['limits']): number => postSignalsMax * (2 * signalBytesMax + 256)

/** Undefined: no process reaches this one, and its address is as any other that is not there. */
export const withProcessDoor =
  (door: ProcessDoor | undefined, others: RequestListener): RequestListener =>
  (request, response) => {
    if (door === undefined || request.url !== signalsPath || request.method !== 'POST') {
      others(request, response)
      return
    }
    take(door, request, response).catch(() => {
      response.writeHead(400).end()
    })
  }

const take = async (door: ProcessDoor, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const body = await readBody(request, bytesMax(door.limits))
  const signature = request.headers[signatureHeader]
  const signals = door.open({ body, signature: typeof signature === 'string' ? signature : '' }, door.now())
  if (signals === undefined) {
    response.writeHead(403).end()
    return
  }
  for (const signal of signals) door.passOn(signal)
  response.writeHead(204).end()
}

/** Throws where it is longer. */
const readBody = async (request: IncomingMessage, max: number): Promise<Buffer> => {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > max) throw new RangeError('too much for one post')
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
