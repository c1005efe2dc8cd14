/** Requests by hand, of a server on 127.0.0.1: fetch chooses Host itself, and normalises paths. */
import { request } from 'node:http'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'

export type Heard = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }
type Asking = {
  readonly headers?: OutgoingHttpHeaders
  readonly method?: string
  readonly from?: string
  readonly body?: string | Uint8Array
}
export type Ask = (path: string, asking?: Asking) => Promise<Heard>

/** `from`: the local address to ask from. */
export const byHand =
  (port: number): Ask =>
  (path, { headers = {}, method = 'GET', from, body } = {}) =>
    new Promise((resolve, reject) => {
      const local = from === undefined ? {} : { localAddress: from }
      const asked = request({ hostname: '127.0.0.1', port, path, method, headers, ...local }, (answer) => {
        let text = ''
        answer.on('data', (bytes: Buffer) => (text += bytes.toString()))
        answer.on('error', reject)
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
        })
      })
      asked.on('error', reject)
      asked.end(body)
    })
