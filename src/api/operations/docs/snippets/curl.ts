/** A request with curl, from a shell that has the token in `$TOKEN`. */
import type { ExampleRequest } from '../exampleRequest.js'

export const curl = ({ method, url, headers, token, json, upgrade }: ExampleRequest): string =>
  [
    `curl ${how(method)} ${quoted(url)}`,
    ...(token ? ['-H "authorization: Bearer $TOKEN"'] : []),
    ...[...headers, ...(upgrade ? handshake : [])].map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(json === undefined ? [] : [`-d ${quoted(JSON.stringify(json, null, 2))}`]),
    ...(upgrade ? ['--http1.1 --no-buffer --max-time 3'] : []),
  ].join(' \\\n  ')

const how = (method: string): string => (method === 'HEAD' ? '-I' : method === 'GET' ? '-i' : `-i -X ${method}`)

/** RFC 6455 §1.2; the key is any 16 bytes. */
const handshake = [
  ['connection', 'upgrade'],
  ['upgrade', 'websocket'],
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['sec-websocket-protocol', 'mls-homeserver.1'],
] as const

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
