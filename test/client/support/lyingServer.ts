/** A server between a client and the real one that changes answers: what it cannot be caught at, it can do. */
import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

/** The answer to pass on instead; `path` without its query. */
export type Lie = (method: string, path: string, answer: unknown) => unknown

export type LyingServer = {
  readonly url: string
  lie: Lie
  readonly close: () => Promise<void>
}

const honest: Lie = (_method, _path, answer) => answer

export const startLyingServer = async (behind: string): Promise<LyingServer> => {
  const lying = { url: '', lie: honest, close: () => Promise.resolve() }
  const server = createServer((request, response) => {
    void (async () => {
      const method = request.method ?? 'GET'
      const url = new URL(request.url ?? '/', behind)
      const body = await bodyOf(request)
      const headers = Object.fromEntries(
        ['authorization', 'content-type', 'idempotency-key', 'if-match', 'accept'].flatMap((name) => {
          const value = request.headers[name]
          return typeof value === 'string' ? [[name, value]] : []
        }),
      )
      const answer = await fetch(url, { method, headers, ...(method === 'GET' ? {} : { body }) })
      const type = answer.headers.get('content-type') ?? ''
      const bytes = Buffer.from(await answer.arrayBuffer())
      const passed = type.includes('json')
        ? Buffer.from(JSON.stringify(lying.lie(method, url.pathname, JSON.parse(bytes.toString()))))
        : bytes
      response.writeHead(answer.status, { 'content-type': type }).end(passed)
    })().catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  lying.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  lying.close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return lying
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer<ArrayBuffer>> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
