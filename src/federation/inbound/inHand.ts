/**
 * What is in hand of other servers: requests that were let in and whose answers have not gone out, with their bodies. One that sends
 * faster than it is worked on, or never ends what it begins, is told to wait, and costs no more memory than that.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { bodyBytesMax } from '../wire/limits.js'

export type InHand = {
  /** Hears of the answers to requests; those that it does not know are not counted. */
  readonly watch: (listener: RequestListener) => RequestListener
  /** Takes a request on until its answer has gone out, or its connection is gone. */
  readonly take: (request: IncomingMessage, whose: Holder) => Rejected | undefined
}

/** `name`: a domain that is known, or what those that are not are counted by. */
export type Holder = { readonly name: string; readonly isKnown: boolean }

/** A known server has three in hand with items, and as many more as its clients are waiting for. */
const requestsMax = 100
/** Three bodies of the longest. */
const bytesMax = 3 * bodyBytesMax
/** Of all that are known, and of all others, who cannot take it from them. */
const bytesOfAllMax = { known: 16 * bodyBytesMax, others: 4 * bodyBytesMax } as const

type Held = { requests: number; bytes: number }

export const countInHand = (): InHand => {
  const answers = new WeakMap<IncomingMessage, ServerResponse>()
  const held = new Map<string, Held>()
  const all = { known: 0, others: 0 }

  const isTooMuch = ({ name, isKnown }: Holder, bytes: number): boolean => {
    const { requests, bytes: before } = held.get(name) ?? { requests: 0, bytes: 0 }
    const pool = poolOf(isKnown)
    return requests >= requestsMax || before + bytes > bytesMax || all[pool] + bytes > bytesOfAllMax[pool]
  }

  const change = ({ name, isKnown }: Holder, by: 1 | -1, bytes: number): void => {
    const { requests, bytes: before } = held.get(name) ?? { requests: 0, bytes: 0 }
    all[poolOf(isKnown)] += by * bytes
    if (requests + by === 0) held.delete(name)
    else held.set(name, { requests: requests + by, bytes: before + by * bytes })
  }

  return {
    watch: (listener) => (request, response) => {
      answers.set(request, response)
      listener(request, response)
    },
    take: (request, whose) => {
      const answer = answers.get(request)
      if (answer === undefined || answer.closed) return undefined
      const bytes = bytesOf(request)
      if (isTooMuch(whose, bytes)) return reject({ code: 'rate-limited', retryAfter: 1 })
      change(whose, 1, bytes)
      answer.once('close', () => {
        change(whose, -1, bytes)
      })
      return undefined
    },
  }
}

const poolOf = (isKnown: boolean): 'known' | 'others' => (isKnown ? 'known' : 'others')

/** One that does not say how long it is may be as long as any. */
const bytesOf = ({ headers }: IncomingMessage): number => {
  if (headers['transfer-encoding'] !== undefined) return bodyBytesMax
  return Math.min(Number(headers['content-length'] ?? 0), bodyBytesMax)
}
