/** The routes of operations as the documents show them: what each answers, and to whom. */
import { z } from 'zod'
import { bytesOut, cipherSuiteField, described, named } from '../../contract/fields.js'
import type { HeaderShape, RouteShape } from '../http/route.js'

export const livez = z.object({ alive: z.literal(true).describe('The process answers') })

const readiness = named(
  z.object({
    ready: z.boolean().describe('Whether it serves'),
    reasons: z.array(described(z.string(), 'A reason', 'the log is away')).describe('Why it does not'),
    notes: z
      .array(described(z.string(), 'A note', 'one event cannot be read'))
      .describe('What an operator should look at'),
  }),
  { title: 'Readiness', description: 'Whether the server serves', example: { ready: true, reasons: [], notes: [] } },
)

const serverName = described(z.literal('mls-homeserver'), 'The program', 'mls-homeserver')
const programVersion = described(z.string(), 'Its version', '1.2.3')
export const versionAnswer = z.object({
  name: serverName,
  version: programVersion,
  node: described(z.string(), 'The version of Node that runs it', '20.20.2'),
})

const rate = z
  .object({
    burst: described(z.number(), 'So many at once', 60),
    everyMs: described(z.number(), 'Then one in so many ms', 100),
  })
  .meta({ title: 'Rate', description: 'A budget: a token bucket' })

const address = (what: string, path: string) => described(z.string(), what, `https://chat.example.net${path}`)

export const discoveryAnswer = z
  .object({
    domain: described(z.string(), 'The name in every id of this server', 'localhost'),
    baseUrl: address('Where its routes are', ''),
    websocketUrl: described(z.string(), 'Where its websocket is', 'wss://chat.example.net/v1/websocket'),
    versions: z
      .array(described(z.string(), 'A version', 'v1'))
      .describe('The versions of the interface that it speaks'),
    server: z
      .object({ name: serverName, version: programVersion })
      .meta({ title: 'ServerProgram', description: 'The program that answers' }),
    cipherSuites: z.array(cipherSuiteField).describe('The MLS ciphersuites that it serves'),
    queueReferenceExtension: described(z.literal(0xf0c1), 'The leaf extension that holds a queue reference', 0xf0c1),
    authority: address('Its certificates', '/v1/authority'),
    revocations: address('The certificates that it revoked', '/v1/revocations'),
    queueKey: address('What queue references are sealed to', '/v1/queueKey'),
    push: z
      .object({
        vapidKey: bytesOut.describe('What a new subscription is made for (RFC 8292): an uncompressed P-256 point'),
      })
      .meta({ title: 'PushKeys', description: 'What a browser needs to subscribe' }),
    token: address('Where assertions become bearer tokens, and their audience', '/v1/token'),
    maintenance: z.boolean().describe('Whether the server is only read for a while, as its operator said'),
    limits: described(z.record(z.string(), z.number()), 'Every limit by its name, which tells its unit', {
      groupMembersMax: 1_000,
    }),
    rates: described(
      z.record(z.string(), z.union([rate, z.literal('off').describe('No limit')])),
      'Every budget by its name',
      { sendsPerClient: { burst: 60, everyMs: 100 } },
    ),
  })
  .meta({ title: 'Discovery', description: 'What a program needs to know of a server before it speaks to it' })

const tag = 'Operations'

const ifNoneMatch: HeaderShape = {
  description: 'The ETag that one has: the same again is answered 304, without a body',
  schema: described(z.string(), 'ETags', '"pZ9cD2xkQm1vY7aB3nRt5w"'),
}
const etag: HeaderShape = {
  description: 'Changes when the document does',
  schema: described(z.string(), 'An ETag', '"pZ9cD2xkQm1vY7aB3nRt5w"'),
}

type Answer = { readonly body: z.ZodType } | { readonly text: 'text/html' | 'text/plain' }

const read = (path: string, summary: string, description: string, answer: Answer): RouteShape => ({
  method: 'get',
  path,
  tag,
  summary,
  description,
  access: 'anonymous',
  success: { status: 200, ...answer },
  problems: ['malformed', 'internal'],
  apart: true,
})

const document = (path: string, summary: string, description: string, answer: Answer): RouteShape => {
  const shape = read(path, summary, description, answer)
  return {
    ...shape,
    headers: { 'If-None-Match': ifNoneMatch },
    success: { ...shape.success, headers: { ETag: etag } },
    also: [{ status: 304, description: 'The same as the one with this ETag' }],
    problems: [...shape.problems, 'misdirected'],
  }
}

const anyDocument = z
  .looseObject({})
  .meta({ title: 'Document', description: 'A document by its own specification', examples: [{}] })

const metrics: RouteShape = {
  ...read(
    '/metrics',
    'Read the metrics',
    'For Prometheus. To this machine without a token; elsewhere not even its being here is told without one.',
    {
      text: 'text/plain',
    },
  ),
  access: 'audit',
  problems: ['malformed', 'no-such-route', 'misdirected', 'internal'],
}

/** `metricsHere`: they have no port of their own. */
export const operationShapes = ({ metricsHere }: { readonly metricsHere: boolean }): readonly RouteShape[] => [
  document(
    '/.well-known/mls-homeserver',
    'Discover the server',
    'Its addresses, versions, ciphersuites, limits and budgets.',
    {
      body: discoveryAnswer,
    },
  ),
  read('/livez', 'See whether the process lives', 'True as long as it answers: what a supervisor restarts it by.', {
    body: livez,
  }),
  {
    ...read(
      '/readyz',
      'See whether the server serves',
      'Its stores are reachable and its read models are not behind: what a load balancer asks.',
      {
        body: readiness,
      },
    ),
    also: [{ status: 503, description: 'It does not serve, and why', body: readiness }],
  },
  {
    ...read('/version', 'See what runs', 'The program and its version.', { body: versionAnswer }),
    problems: ['malformed', 'misdirected', 'internal'],
  },
  document('/openapi.json', 'Read this document', 'The interface as OpenAPI 3.1.', { body: anyDocument }),
  document('/asyncapi.json', 'Read the document of the websocket', 'Its frames as AsyncAPI 3.', {
    body: anyDocument,
  }),
  document(
    '/docs',
    'Read this document as a page',
    'With an example of every route in three languages; it needs no script, and loads nothing from elsewhere.',
    {
      text: 'text/html',
    },
  ),
  ...(metricsHere ? [metrics] : []),
]
