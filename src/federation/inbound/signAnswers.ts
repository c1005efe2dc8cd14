/** Signs what is answered to peers that were believed; others are not worth a signature, and could not use it. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Clock } from '../../ports/clock.js'
import { signAnswer } from '../signatures/answerSignature.js'
import type { SigningKey } from '../signatures/signingKey.js'

export type AnswerSigner = {
  readonly believed: (request: IncomingMessage) => string | undefined
  readonly signingKey: () => SigningKey
  readonly clock: Pick<Clock, 'now'>
}

/** Answers that are sent in one piece, which is all but streams; a peer does not believe what is not signed. */
export const signAnswers =
  (signer: AnswerSigner, listener: RequestListener): RequestListener =>
  (request, response) => {
    const end = response.end.bind(response) as (...given: readonly unknown[]) => ServerResponse
    const signed = (...given: readonly unknown[]): ServerResponse => {
      if (!response.headersSent) sign(signer, request, response, bytesOf(given[0]))
      return end(...given)
    }
    Object.assign(response, { end: signed })
    listener(request, response)
  }

const sign = (
  { believed, signingKey, clock }: AnswerSigner,
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
): void => {
  const requestSignature = believed(request)
  if (requestSignature === undefined) return
  const answer = { status: response.statusCode, body, requestSignature }
  const headers = signAnswer(answer, Math.floor(clock.now() / 1_000), signingKey())
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
}

const bytesOf = (chunk: unknown): Uint8Array => {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  return chunk instanceof Uint8Array ? chunk : new Uint8Array()
}
