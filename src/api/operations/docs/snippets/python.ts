/** A request with Python's standard library, with the token in the environment. */
import type { ExampleRequest } from '../exampleRequest.js'

export const python = (request: ExampleRequest): string => (request.upgrade ? handshake(request) : asked(request))

const asked = ({ method, url, headers, token, json }: ExampleRequest): string => {
  const imports = [...(json === undefined ? [] : ['json']), ...(token ? ['os'] : []), 'urllib.error', 'urllib.request']
  const named = [
    ...(token ? [`"authorization": ${bearer}`] : []),
    ...headers.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`),
  ]
  const given = [
    JSON.stringify(url),
    ...(method === 'GET' ? [] : [`method=${JSON.stringify(method)}`]),
    ...(named.length === 0 ? [] : [`headers={\n        ${named.join(',\n        ')},\n    }`]),
    ...(json === undefined ? [] : [`data=json.dumps(${literal(json, '    ')}).encode()`]),
  ]
  return `${imports.map((name) => `import ${name}`).join('\n')}

request = urllib.request.Request(
    ${given.join(',\n    ')},
)
try:
    response = urllib.request.urlopen(request)
except urllib.error.HTTPError as problem:
    response = problem
print(response.status, response.read().decode())`
}

const bearer = `"Bearer " + os.environ["TOKEN"]`

/** The standard library has no websocket: what follows the handshake is for a library that has. */
const handshake = ({ url }: ExampleRequest): string => {
  const { protocol, host, pathname } = new URL(url)
  const connection = protocol === 'https:' ? 'HTTPSConnection' : 'HTTPConnection'
  return `import base64, http.client, os

connection = http.client.${connection}(${JSON.stringify(host)})
connection.request("GET", ${JSON.stringify(pathname)}, headers={
    "authorization": ${bearer},
    "connection": "upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": base64.b64encode(os.urandom(16)).decode(),
    "sec-websocket-protocol": "mls-homeserver.1",
})
print(connection.getresponse().status)  # 101; from here on, frames: a library speaks them`
}

const literal = (value: unknown, indent: string): string => {
  const deeper = `${indent}    `
  const lines = (open: string, inner: readonly string[], close: string): string =>
    inner.length === 0 ? open + close : `${open}\n${inner.map((one) => `${deeper}${one},\n`).join('')}${indent}${close}`
  if (Array.isArray(value))
    return lines(
      '[',
      value.map((one) => literal(one, deeper)),
      ']',
    )
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value !== 'object') return JSON.stringify(value)
  const fields = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${literal(one, deeper)}`)
  return lines('{', fields, '}')
}
