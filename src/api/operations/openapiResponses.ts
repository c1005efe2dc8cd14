/** The answers of a route in the OpenAPI document; problems that several routes share stand there once, under a name. */
import { z } from 'zod'
import { described, mlsMessages, opaqueBytes } from '../../contract/fields.js'
import { pascal, problems, problemSchema } from '../../contract/problems.js'
import type { ProblemCode } from '../../contract/problems.js'
import { operatorRole } from '../../events/operatorRole.js'
import type { DocumentSchemas, Node } from '../http/documentSchemas.js'
import { isRead } from '../http/route.js'
import type { HeaderShape, RouteShape } from '../http/route.js'
import { nameOfBody, operationId, pascalOf } from './operationId.js'

export type DocumentResponses = {
  readonly of: (route: RouteShape) => Node
  /** Those that have names. */
  readonly all: () => Node
}

/** The codes any route may answer that is assembled. */
const common: readonly ProblemCode[] = [
  'malformed',
  'misdirected',
  'too-large',
  'unsupported-media-type',
  'rate-limited',
  'internal',
  'store-unavailable',
  'storage-full',
]
const authenticated: readonly ProblemCode[] = ['not-authenticated', 'token-expired', 'not-allowed']
const commands: readonly ProblemCode[] = ['idempotency-mismatch']
/** Whose commands are never held. */
const ofOperators: ReadonlySet<string> = new Set(operatorRole.options)
const reads: readonly ProblemCode[] = ['read-model-behind', 'cursor-expired']

/** The codes that a route may answer. */
const codesOf = (route: RouteShape): readonly ProblemCode[] => {
  if (route.apart === true) return route.problems
  const ofClients: readonly ProblemCode[] = ['client', 'any'].includes(route.access) ? ['user-disabled'] : []
  const ofAccess = route.access === 'anonymous' ? [] : [...authenticated, ...ofClients]
  const ofMethod = route.method === 'get' ? reads : [...commands, ...held(route)]
  return [...new Set([...route.problems, ...common, ...ofAccess, ...ofMethod])]
}

const held = (route: RouteShape): readonly ProblemCode[] =>
  isRead(route) || route.inMaintenance === true || ofOperators.has(route.access) ? [] : ['maintenance']

export const documentResponses = (schemas: DocumentSchemas): DocumentResponses => {
  const named = new Map<string, Node>()
  /** The name of a response by the codes in it. */
  const names = new Map<string, string>()

  const problemsOf = (codes: readonly ProblemCode[], route: RouteShape): Node => {
    const sorted = [...codes].sort()
    const key = sorted.join(' ')
    const name = names.get(key) ?? nameOf(sorted, route)
    names.set(key, name)
    if (!named.has(name)) named.set(name, problemResponse(sorted, schemas))
    return { $ref: `#/components/responses/${name}` }
  }

  return {
    of: (route) => {
      const byStatus = new Map<number, ProblemCode[]>()
      for (const code of codesOf(route)) {
        const { status } = problems[code]
        byStatus.set(status, [...(byStatus.get(status) ?? []), code])
      }
      const answers: (readonly [number, Node])[] = [
        [route.success.status, successOf(route, schemas)],
        ...(route.also ?? []).map(({ status, ...also }) => [status, otherOf(route, also, schemas)] as const),
        ...[...byStatus].map(([status, codes]) => [status, problemsOf(codes, route)] as const),
      ]
      return Object.fromEntries(answers.sort(([a], [b]) => a - b).map(([status, answer]) => [String(status), answer]))
    },
    all: () => Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

const nameCharsMax = 60

/** Of its codes, where they are few; else of the first route that has them. */
const nameOf = (codes: readonly ProblemCode[], route: RouteShape): string => {
  const byCodes = codes.map(pascal).join('Or')
  const [first] = codes
  if (byCodes.length <= nameCharsMax || first === undefined) return byCodes
  return `${pascalOf(operationId(route))}${String(problems[first].status)}`
}

const problemResponse = (codes: readonly ProblemCode[], schemas: DocumentSchemas): Node => {
  const refs = codes.map((code) => schemas.of(problemSchema(code), 'output')['$ref'])
  const mapping = Object.fromEntries(codes.map((code, nth) => [code, refs[nth]]))
  const oneOf = refs.map(($ref) => ({ $ref }))
  const schema = oneOf.length === 1 ? oneOf[0] : { oneOf, discriminator: { propertyName: 'code', mapping } }
  return {
    description: codes.map((code) => `\`${code}\`: ${problems[code].title}`).join('\n\n'),
    headers: namedHeaders(headersByStatus(codes)),
    content: { 'application/problem+json': { schema } },
  }
}

const headersByStatus = ([code]: readonly ProblemCode[]): readonly HeaderName[] => {
  const further = code === undefined ? undefined : furtherByStatus.get(problems[code].status)
  return further === undefined ? always : [...always, further]
}

const furtherByStatus: ReadonlyMap<number, HeaderName> = new Map([
  [401, 'WWW-Authenticate'],
  [416, 'Content-Range'],
  [423, 'Retry-After'],
  [426, 'Upgrade'],
  [429, 'Retry-After'],
  [503, 'Retry-After'],
])

const successOf = (route: RouteShape, schemas: DocumentSchemas): Node => {
  const { body, mls, text, bytes, status, headers = {} } = route.success
  const content = {
    ...(body === undefined ? {} : { 'application/json': { schema: answerSchema(route, body, schemas) } }),
    ...(mls === true ? { 'message/mls': { schema: schemas.of(mlsMessages, 'output') } } : {}),
    ...(text === undefined ? {} : { [text]: { schema: schemas.of(anyText, 'output') } }),
    ...(bytes === undefined ? {} : { [bytes]: { schema: schemas.of(opaqueBytes, 'output') } }),
  }
  const own = Object.entries(headers).map(([name, header]) => [name, headerNode(header, schemas)])
  return {
    description: status === 101 ? 'The websocket is open' : 'Done, as asked',
    headers: { ...namedHeaders(route.apart === true ? ['X-Request-Id'] : always), ...Object.fromEntries(own) },
    ...(Object.keys(content).length === 0 ? {} : { content }),
  }
}

const otherOf = (
  route: RouteShape,
  { description, body, bytes }: Omit<NonNullable<RouteShape['also']>[number], 'status'>,
  schemas: DocumentSchemas,
): Node => ({
  description,
  ...(body === undefined ? {} : { content: { 'application/json': { schema: answerSchema(route, body, schemas) } } }),
  ...(bytes === undefined ? {} : { content: { [bytes]: { schema: schemas.of(opaqueBytes, 'output') } } }),
})

const answerSchema = (route: RouteShape, body: z.ZodType, schemas: DocumentSchemas): Node =>
  schemas.of(body, 'output', nameOfBody(route, 'Answer'))

const anyText = described(z.string(), 'Text', 'mls_homeserver_websockets 3')

const headerNode = ({ description, schema }: HeaderShape, schemas: DocumentSchemas): Node => ({
  description,
  schema: schemas.of(schema, 'output'),
})

const textHeader = (description: string, example: string): Node => ({
  description,
  schema: { type: 'string', examples: [example] },
})

/** The headers that answers have, by name. */
export const headersOfAnswers = {
  'X-Request-Id': textHeader('Names the request, as `requestId` of a problem does', 'pZ9cD2xkQm1vY7aB'),
  RateLimit: textHeader(
    'What is left (r) of each budget that the request took from, and the seconds until it is full (t): draft-ietf-httpapi-ratelimit-headers-10. Absent where it took from none',
    '"commandsPerClient";r=58;t=1',
  ),
  'RateLimit-Policy': textHeader(
    'How much there is of each such budget (q), and the seconds in which it fills (w)',
    '"commandsPerClient";q=60;w=6',
  ),
  'Retry-After': {
    description: 'Seconds until it is worth trying again',
    schema: { type: 'integer', minimum: 1, examples: [3] },
  },
  'WWW-Authenticate': textHeader('How to authenticate: `Bearer`', 'Bearer'),
  'Content-Range': textHeader('How many bytes there are', 'bytes */4194304'),
  Upgrade: textHeader('What to upgrade to: `websocket`', 'websocket'),
} as const satisfies { readonly [name: string]: Node }

type HeaderName = keyof typeof headersOfAnswers

const always: readonly HeaderName[] = ['X-Request-Id', 'RateLimit', 'RateLimit-Policy']

const namedHeaders = (names: readonly HeaderName[]): Node =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
