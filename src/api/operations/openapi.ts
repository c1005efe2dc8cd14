/** The OpenAPI 3.1 document, made from the routes' own schemas. */
import { mlsMessages, opaqueBytes } from '../../contract/fields.js'
import { operatorRole } from '../../events/operatorRole.js'
import { exampleOf } from '../http/documentExamples.js'
import { documentSchemas } from '../http/documentSchemas.js'
import type { DocumentSchemas, Node } from '../http/documentSchemas.js'
import type { RouteShape } from '../http/route.js'
import { documentResponses, headersOfAnswers } from './openapiResponses.js'
import type { DocumentResponses } from './openapiResponses.js'
import { parametersOf } from './openapiParameters.js'
import { nameOfBody, operationId } from './operationId.js'

export const openapi = (
  routes: readonly RouteShape[],
  server: { readonly url: string; readonly version: string },
): Node => {
  const schemas = documentSchemas()
  const responses = documentResponses(schemas)
  const paths = pathsOf(routes, { schemas, responses })
  const named = schemas.all()
  return {
    openapi: '3.1.0',
    info: {
      title: 'MLS homeserver',
      version: server.version,
      description:
        'Authentication, delivery and queuing for MLS groups (RFC 9420). Errors are application/problem+json with a stable `code`. ' +
        'Every command takes an `Idempotency-Key`.',
      contact: { name: 'The operator of this server' },
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: server.url, description: 'This server' }],
    tags: tagsOf(routes),
    paths: exemplified(paths, named),
    components: {
      securitySchemes,
      headers: exemplified(headersOfAnswers, named) as Node,
      responses: exemplified(responses.all(), named) as Node,
      schemas: named,
    },
  }
}

type Made = { readonly schemas: DocumentSchemas; readonly responses: DocumentResponses }

const pathsOf = (routes: readonly RouteShape[], made: Made): Node => {
  const paths: Record<string, Record<string, Node>> = {}
  for (const route of routes) {
    const path = (paths[route.path] ??= {})
    path[route.method] = operationOf(route, made)
  }
  return paths
}

const operationOf = (route: RouteShape, { schemas, responses }: Made): Node => ({
  operationId: operationId(route),
  tags: [route.tag],
  summary: route.summary,
  description: route.description ?? `${route.summary}.`,
  security: securityOf(route),
  'x-access': route.access,
  parameters: parametersOf(route, schemas),
  ...(route.example?.query === undefined ? {} : { 'x-example-query': route.example.query }),
  ...(route.body === undefined && route.mls !== true && route.streamed === undefined
    ? {}
    : {
        requestBody: {
          description: 'As JSON or as one of the others',
          required: true,
          content: bodyOf(route, schemas),
        },
      }),
  responses: responses.of(route),
})

const securityOf = ({ access }: RouteShape): readonly Node[] => {
  if (access === 'anonymous') return []
  return operatorRole.safeParse(access).success ? [{ operator: [] }] : [{ bearer: [] }]
}

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'From POST /v1/token' },
  operator: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An operator’s: OPERATOR_TOKEN, what the first start printed, or one that was made at the operators’ door',
  },
}

const bodyOf = (route: RouteShape, schemas: DocumentSchemas): Node => {
  const content: Record<string, Node> = {}
  if (route.body !== undefined) {
    const schema = schemas.of(route.body, 'input', nameOfBody(route, 'Request'))
    const example = route.example?.body
    content['application/json'] = { schema, ...(example === undefined ? {} : { example }) }
    if (route.form === true) content['application/x-www-form-urlencoded'] = { schema }
  }
  if (route.mls === true) content['message/mls'] = { schema: schemas.of(mlsMessages, 'input') }
  if (route.streamed !== undefined) content[route.streamed] = { schema: schemas.of(opaqueBytes, 'input') }
  return content
}

/** Every place with a schema gets an example of it, but for bytes. */
const exemplified = (node: unknown, schemas: { readonly [name: string]: Node }): unknown => {
  if (Array.isArray(node)) return node.map((one) => exemplified(one, schemas))
  if (typeof node !== 'object' || node === null) return node
  const inner = Object.fromEntries(
    Object.entries(node).map(([field, value]) => [field, field === 'schema' ? value : exemplified(value, schemas)]),
  )
  const { schema } = node as { readonly schema?: Node }
  return schema === undefined || isBytes(schema) ? inner : { example: exampleOf(schema, schemas), ...inner }
}

const isBytes = ({ $ref, format }: Node): boolean => format === 'binary' || isNamedBytes($ref)

const isNamedBytes = ($ref: unknown): boolean =>
  $ref === '#/components/schemas/MlsMessages' || $ref === '#/components/schemas/OpaqueBytes'

const tagsOf = (routes: readonly RouteShape[]): readonly Node[] =>
  [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name, description: tagDescriptions[name] ?? name }))

const tagDescriptions: { readonly [tag: string]: string } = {
  'Authentication Service': 'Vouches for users and their clients, and lets people find each other',
  KeyPackages: 'What clients publish so that others can add them to groups',
  'Delivery Service': 'Orders what is sent to groups, and follows their public state',
  'Queuing Service': 'Keeps what clients have not collected yet',
  Assets: 'Encrypted files beside the messages',
  Realtime: 'Both directions over one websocket, as /asyncapi.json describes it',
  Operators:
    'What operators see and do, on record, by a token of their own: at a port of its own (OPERATOR_PORT), here only where OPERATOR_ON_MAIN_PORT is on',
  Operations: 'Health, version, discovery, documents and metrics',
}
