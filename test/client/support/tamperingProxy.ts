/** A way to the homeserver that breaks off or changes the bytes of answers, as a bad line or a bad server would. */
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of one answer; what is left out stays as it is. */
export type Tampering = {
  /** The connection ends after so many bytes of the body, once `cut` resolves: what nobody has read by then may be lost. */
  readonly cutAfter?: number
  readonly cut?: Promise<void>
  readonly body?: (bytes: Buffer) => Buffer
  readonly status?: number
  readonly headers?: { readonly [name: string]: string | undefined }
  /** The request comes to the homeserver, and its answer to nobody. */
  readonly loseAnswer?: boolean
}

export type TamperedCall = {
  readonly method: string
  readonly path: string
  readonly range: string | undefined
  readonly idempotencyKey: string | undefined
}

export type TamperingProxy = {
  readonly url: string
  /** Each request so far, with the text of its body. */
  readonly heard: { readonly method: string; readonly path: string; readonly body: string }[]
  tamper: (call: TamperedCall) => Tampering
  readonly close: () => Promise<void>
}

export const startTamperingProxy = async (behind: string): Promise<TamperingProxy> => {
  const proxy = { url: '', heard: [], tamper: (): Tampering => ({}), close: () => Promise.resolve() } as TamperingProxy
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming
    const target = new URL(url, behind)
    const asked = request(target, { method, headers: { ...headers, host: target.host } })
    asked.on('response', (answer) => {
      const idempotencyKey = headers['idempotency-key'] as string | undefined
      const tampering = proxy.tamper({ method, path: target.pathname, range: headers.range, idempotencyKey })
      pass(answer, outgoing, tampering).catch(() => outgoing.destroy())
    })
    asked.on('error', () => outgoing.destroy())
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () =>
      proxy.heard.push({ method, path: target.pathname, body: Buffer.concat(chunks).toString() }),
    )
    incoming.pipe(asked)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

const pass = async (answer: IncomingMessage, outgoing: ServerResponse, tampering: Tampering): Promise<void> => {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  if (tampering.loseAnswer === true) {
    outgoing.destroy()
    return
  }
  const whole = Buffer.concat(chunks)
  const body = tampering.body?.(whole) ?? whole
  const length = body === whole ? {} : { 'content-length': String(body.length) }
  const headers = { ...answer.headers, ...length, ...tampering.headers }
  outgoing.writeHead(
    tampering.status ?? answer.statusCode ?? 500,
    Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<string, string>,
  )
  if (tampering.cutAfter === undefined) outgoing.end(body)
  else
    outgoing.write(body.subarray(0, tampering.cutAfter), () => {
      void (tampering.cut ?? Promise.resolve()).then(() => outgoing.socket?.destroySoon())
    })
}
