/** A push service on this machine: takes pushes over HTTP, opens them as their receivers would, and answers as a test wants. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newReceiver } from './pushReceiver.js'
import type { PushReceiver, Received } from './pushReceiver.js'

/** A number is a status; a function answers by itself, or never. */
export type Answering = number | ((response: ServerResponse) => void)

export type Subscriber = {
  /** What a browser would hand to the server. */
  readonly json: { readonly endpoint: string; readonly keys: PushReceiver['keys'] }
  /** Pushes so far, oldest first. */
  readonly received: readonly Received[]
  /** Resolves once there were so many requests, whatever they were answered. */
  readonly asked: (times: number) => Promise<void>
  /** How it is answered from now on; 201 to begin with. */
  readonly answers: (how: Answering) => void
}

export type PushService = {
  readonly origin: string
  /** As PUSH_HOSTS names it. */
  readonly host: string
  /** A receiver that was made for a key of the server. */
  readonly subscriber: (vapidKey: string) => Subscriber
  /** Requests that were not as the RFCs have them, each with why. */
  readonly faults: readonly string[]
  /** Requests under way at once, at most so far. */
  readonly atOnce: () => number
  readonly close: () => Promise<void>
}

type Kept = { readonly open: (request: IncomingMessage, body: Buffer) => void; how: Answering }

export const startPushService = async (): Promise<PushService> => {
  const kept = new Map<string, Kept>()
  const faults: string[] = []
  let [underWay, most] = [0, 0]
  const server = createServer((request, response) => {
    const one = kept.get(request.url ?? '')
    most = Math.max(most, ++underWay)
    response.on('close', () => underWay--)
    void bodyOf(request).then((body) => {
      if (one === undefined || request.method !== 'POST') {
        faults.push(`${request.method ?? ''} ${request.url ?? ''}: nobody is there`)
        response.writeHead(404).end()
        return
      }
      try {
        one.open(request, body)
      } catch (error) {
        faults.push(String(error))
      }
      if (typeof one.how === 'number') response.writeHead(one.how).end()
      else one.how(response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const origin = `http://${host}`

  return {
    origin,
    host,
    faults,
    atOnce: () => most,
    subscriber: (vapidKey) => {
      const receiver = newReceiver()
      const path = `/push/${kept.size}`
      const received: Received[] = []
      const waiting: { readonly times: number; readonly resolve: () => void }[] = []
      let requests = 0
      const one: Kept = {
        how: 201,
        open: ({ headers }, body) => {
          const push = { endpoint: origin + path, headers: headers as Record<string, string>, body, vapidKey }
          try {
            received.push(receiver.open(push))
          } finally {
            requests++
            for (const { times, resolve } of waiting) if (requests >= times) resolve()
          }
        },
      }
      kept.set(path, one)
      return {
        json: { endpoint: origin + path, keys: receiver.keys },
        received,
        asked: (times) =>
          new Promise((resolve) => {
            if (requests >= times) resolve()
            else waiting.push({ times, resolve })
          }),
        answers: (how) => {
          one.how = how
        },
      }
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
