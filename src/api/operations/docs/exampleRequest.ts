/** A request as anybody would make it, put together from the examples in the document. */
import type { Entry, Operation, Parameter } from './shownDocument.js'

export type ExampleRequest = {
  readonly method: string
  readonly url: string
  /** By their names in small letters; the token is not among them. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Whether it takes a token, which whoever asks has in the environment. */
  readonly token: boolean
  readonly json?: unknown
  /** It is answered 101: what follows are frames. */
  readonly upgrade: boolean
}

/** `server`: the URL that the path begins behind. Only what a request needs is in it. */
export const exampleRequest = ({ path, method, operation }: Entry, server: string): ExampleRequest => {
  const needed = operation.parameters.filter(({ required }) => required)
  const json = operation.requestBody?.content['application/json']
  return {
    method: method.toUpperCase(),
    url:
      server +
      withExamples(path, needed) +
      queryOf({ ...Object.fromEntries(inPlace(needed, 'query')), ...operation['x-example-query'] }),
    headers: [
      ...(json === undefined ? [] : [['content-type', 'application/json'] as const]),
      ...inPlace(needed, 'header').map(([name, value]) => [name.toLowerCase(), value] as const),
    ],
    token: takesToken(operation),
    ...(json === undefined ? {} : { json: json.example }),
    upgrade: '101' in operation.responses,
  }
}

const takesToken = (operation: Operation): boolean =>
  operation['x-access'] !== 'anonymous' || '101' in operation.responses

const inPlace = (parameters: readonly Parameter[], place: Parameter['in']): readonly (readonly [string, string])[] =>
  parameters.filter((one) => one.in === place).map(({ name, example }) => [name, String(example)] as const)

const withExamples = (path: string, parameters: readonly Parameter[]): string =>
  inPlace(parameters, 'path').reduce(
    (made, [name, value]) => made.replace(`{${name}}`, encodeURIComponent(value)),
    path,
  )

const queryOf = (parameters: { readonly [name: string]: string }): string => {
  const query = new URLSearchParams(parameters).toString()
  return query === '' ? '' : `?${query}`
}
