/** The OpenAPI 3.1 document, made from the routes' own schemas. */
import { z } from 'zod'
import type { RejectionCode } from '../../streams/rejection.js'
import { problems } from '../http/problems.js'
import type { RouteShape } from '../http/route.js'

type Node = { readonly [field: string]: unknown }

/** The codes any route may answer. */
const common: readonly RejectionCode[] = [
  'malformed',
  'misdirected',
  'too-large',
  'rate-limited',
  'store-unavailable',
  'storage-full',
]
const authenticated: readonly RejectionCode[] = ['not-authenticated', 'token-expired', 'not-allowed']
const commands: readonly RejectionCode[] = ['idempotency-mismatch', 'unsupported-media-type']
const reads: readonly RejectionCode[] = ['read-model-behind', 'cursor-expired']

export const openapi = (
  routes: readonly RouteShape[],
  server: { readonly url: string; readonly version: string },
): Node => ({
  openapi: '3.1.0',
  info: {
    title: 'MLS homeserver',
    version: server.version,
    description:
      'Authentication, delivery and queuing for MLS groups (RFC 9420). Errors are application/problem+json with a stable `code`.',
  },
  servers: [{ url: server.url }],
  paths: pathsOf(routes),
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'From POST /v1/token' } },
    schemas: { Problem: problemSchema },
  },
})

const pathsOf = (routes: readonly RouteShape[]): Node => {
  const paths: Record<string, Record<string, Node>> = {}
  for (const route of routes) {
    const path = (paths[route.path] ??= {})
    path[route.method] = operationOf(route)
  }
  return paths
}

const operationOf = (route: RouteShape): Node => ({
  operationId: operationId(route),
  tags: [route.tag],
  summary: route.summary,
  ...(route.description === undefined ? {} : { description: route.description }),
  security: route.access === 'anonymous' ? [] : [{ bearer: [] }],
  'x-access': route.access,
  parameters: parametersOf(route),
  ...(route.body === undefined && route.mls !== true
    ? {}
    : { requestBody: { required: route.body !== undefined, content: bodyOf(route) } }),
  responses: responsesOf(route),
})

const operationId = ({ method, path }: RouteShape): string =>
  method +
  path
    .replace('/v1', '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Node => {
  const { $schema: _, ...node } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  return node
}

const parametersOf = (route: RouteShape): readonly Node[] => {
  const query = [...propertiesOf(route.query)]
  if (route.method === 'get' && !query.some(([name]) => name === 'after')) {
    query.push([
      'after',
      { schema: { type: 'string', description: 'A position: see at least what it stands for.' }, required: false },
    ])
  }
  const key = { name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 128 } }
  return [
    ...propertiesOf(route.params).map(([name, { schema }]) => ({ name, in: 'path', required: true, schema })),
    ...query.map(([name, { schema, required }]) => ({ name, in: 'query', required, schema })),
    ...(route.method === 'get' ? [] : [key]),
  ]
}

const propertiesOf = (
  schema: z.ZodType | undefined,
): (readonly [string, { readonly schema: unknown; readonly required: boolean }])[] => {
  if (schema === undefined) return []
  const node = schemaOf(schema, 'input') as { readonly properties?: Node; readonly required?: readonly string[] }
  return Object.entries(node.properties ?? {}).map(([name, property]) => [
    name,
    { schema: property, required: node.required?.includes(name) ?? false },
  ])
}

const binary = { schema: { type: 'string', contentMediaType: 'message/mls' } }

const bodyOf = (route: RouteShape): Node => {
  const json = route.body === undefined ? {} : { 'application/json': { schema: schemaOf(route.body, 'input') } }
  const form =
    route.form === true && route.body !== undefined
      ? { 'application/x-www-form-urlencoded': { schema: schemaOf(route.body, 'input') } }
      : {}
  return { ...json, ...form, ...(route.mls === true ? { 'message/mls': binary } : {}) }
}

const responsesOf = (route: RouteShape): Node => {
  const codes = new Set<RejectionCode>([
    ...route.problems,
    ...common,
    ...(route.access === 'anonymous' ? [] : authenticated),
    ...(route.method === 'get' ? reads : commands),
  ])
  const byStatus = new Map<number, RejectionCode[]>()
  for (const code of codes) {
    const { status } = problems[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const responses: Record<string, Node> = { [String(route.success.status)]: successOf(route) }
  for (const [status, list] of [...byStatus].sort(([a], [b]) => a - b)) {
    responses[String(status)] = {
      description: list.map((code) => `\`${code}\`: ${problems[code].title}`).join('\n\n'),
      content: {
        'application/problem+json': {
          schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: list } } }] },
        },
      },
    }
  }
  return responses
}

const successOf = (route: RouteShape): Node => {
  const { body, mls, bytes } = route.success
  const content = {
    ...(body === undefined ? {} : { 'application/json': { schema: schemaOf(body, 'output') } }),
    ...(mls === true ? { 'message/mls': binary } : {}),
    ...(bytes === true ? { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } : {}),
  }
  return { description: 'As asked', ...(Object.keys(content).length === 0 ? {} : { content }) }
}

const problemSchema: Node = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'requestId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    requestId: { type: 'string' },
  },
}
