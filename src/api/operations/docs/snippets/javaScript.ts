/** A request in JavaScript: `fetch` and `WebSocket`, in Node with the token in the environment. */
import type { ExampleRequest } from '../exampleRequest.js'

export const javaScript = (request: ExampleRequest): string => (request.upgrade ? socket(request) : fetched(request))

const fetched = ({ method, url, headers, token, json }: ExampleRequest): string => {
  const named = [
    ...(token ? ['authorization: `Bearer ${process.env.TOKEN}`'] : []),
    ...headers.map(([name, value]) => `${/^[a-z]+$/.test(name) ? name : quoted(name)}: ${quoted(value)}`),
  ]
  const options = [
    ...(method === 'GET' ? [] : [`method: ${quoted(method)}`]),
    ...(named.length === 0 ? [] : [`headers: {\n    ${named.join(',\n    ')},\n  }`]),
    ...(json === undefined ? [] : [`body: JSON.stringify(${literal(json)})`]),
  ]
  const given = options.length === 0 ? '' : `, {\n  ${options.join(',\n  ')},\n}`
  return `const response = await fetch(${quoted(url)}${given})
console.log(response.status, await response.text())`
}

const socket = ({ url }: ExampleRequest): string =>
  `const socket = new WebSocket(${quoted(url.replace(/^http/, 'ws'))}, [
  'mls-homeserver.1',
  \`bearer.\${process.env.TOKEN}\`,
])
socket.onopen = () => socket.send(JSON.stringify({ type: 'open' }))
socket.onmessage = ({ data }) => console.log(JSON.parse(data))`

const literal = (json: unknown): string =>
  JSON.stringify(json, null, 2)
    .replaceAll('\n', '\n  ')
    .replaceAll(/"([A-Za-z_$][\w$]*)": /g, '$1: ')

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
