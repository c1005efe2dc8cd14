/** A server that follows a group and answers whatever a test says: signed as it should be, or not at all. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { signAnswer } from '#src/federation/signatures/answerSignature.js'
import type { SigningKey } from '#src/federation/signatures/signingKey.js'
import { notifyPath } from '#src/federation/inbound/notify.js'
import { itemsExtension } from '#src/federation/outbox/notifyPeers.js'
import type { Clock } from '#src/ports/clock.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { openPeerHouse } from '../../api/peers/peerHouse.js'
import type { HandClock, PeerHouse } from '../../api/peers/peerHouse.js'

export type Answer = (request: IncomingMessage, response: ServerResponse, body: Uint8Array) => void

/** Its directory is as any other; all else is answered by what `answer` is now. */
export type Liar = PeerHouse & { answer: Answer }

export const openLiar = async (domain: Domain, map: Map<Domain, string>, clock: HandClock): Promise<Liar> => {
  const proxy =
    (listener: RequestListener): RequestListener =>
    (request, response) => {
      if (request.method === 'GET') {
        listener(request, response)
        return
      }
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.once('end', () => {
        liar.answer(request, response, new Uint8Array(Buffer.concat(chunks)))
      })
    }
  const house = await openPeerHouse(domain, map, { clock, proxy })
  house.own.directory = { ...house.own.directory, paths: { notify: notifyPath }, extensions: [itemsExtension] }
  const liar: Liar = { ...house, answer: (_, response) => response.writeHead(503).end() }
  return liar
}

export type Said = {
  readonly status: number
  readonly body: string | Uint8Array
  readonly key: SigningKey
  readonly headers?: Readonly<Record<string, string>>
  /** Of which request it says that it is the answer: of this one, unless another's is named. */
  readonly requestSignature?: string
}

/** The fields of a signature over an answer. */
const signedFields = (request: IncomingMessage, said: Said, clock: Pick<Clock, 'now'>): Record<string, string> => {
  const body = Buffer.from(said.body)
  const requestSignature = said.requestSignature ?? String(request.headers['signature'])
  const answer = { status: said.status, body, requestSignature }
  return { ...signAnswer(answer, Math.floor(clock.now() / 1_000), said.key) }
}

export const say = (
  request: IncomingMessage,
  response: ServerResponse,
  said: Said,
  clock: Pick<Clock, 'now'>,
): void => {
  response.writeHead(said.status, { ...signedFields(request, said, clock), ...said.headers }).end(said.body)
}
