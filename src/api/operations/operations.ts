/** What operators and newcomers open: health, version, metrics, discovery, the documentation. */
import type { Express, Request, RequestHandler, Response } from 'express'
import type { Registry } from 'prom-client'
import type { z } from 'zod'
import type { Limits, Rates } from '../../limits/limits.js'
import { documents } from '../http/cors.js'
import { isLocal } from '../http/address/local.js'
import type { ChatFor } from './chat.js'
import { docsPage } from './docs/docsPage.js'
import { script, scriptPath } from './docs/script.js'
import { sendDocument, sharedDocument } from './document.js'
import { frontPage } from './frontPage.js'
import { pagePolicy, pageStyle } from './pageStyle.js'
import { openapi } from './openapi.js'
import { operationShapes } from './shapes.js'
import type { discoveryAnswer, livez, versionAnswer } from './shapes.js'
import type { Hosts } from '../http/address/hosts.js'
import { refuseOtherMethods } from '../http/otherMethods.js'
import { sendProblem } from '../http/reply.js'
import type { RouteShape } from '../http/route.js'

/** `reasons`: why it is not ready; `notes`: what an operator should look at while it serves. */
export type Readiness = {
  readonly ready: boolean
  readonly reasons: readonly string[]
  readonly notes: readonly string[]
}

export type OperationsDependencies = {
  readonly domain: string
  readonly version: string
  readonly publicUrl: () => string
  /** base64url: the point that new push subscriptions are for. */
  readonly vapidKey: () => string
  readonly limits: Limits
  readonly rates: Rates
  readonly maintenance: () => boolean
  /** Another number when limits, rates or that have changed. */
  readonly edition: () => number
  readonly cipherSuites: readonly number[]
  readonly routes: readonly RouteShape[]
  readonly asyncapi: (url: string) => object
  readonly readiness: () => Promise<Readiness>
  readonly registry: Registry
  /** Undefined when metrics have a port of their own. */
  readonly metricsHere: boolean
  /** Whether an operator asks, in whatever role. */
  readonly isOperator: (request: Request) => Promise<boolean>
  readonly hosts: Hosts
  readonly chatFor: ChatFor
}

export const mountOperations = (app: Express, deps: OperationsDependencies): void => {
  const json = (path: string, body: () => object | Promise<object>): void => {
    app.get(path, async (_request, response) => {
      response.json(await body())
    })
  }
  app.all([...documents, '/version', '/metrics'], onlyOurs(deps.hosts))
  /** `variant`: what it is made of beside the URL, where that changes; without blanks. */
  const document = (
    path: string,
    type: string,
    make: (url: string) => string,
    { policy, variant = () => '' }: { readonly policy?: string; readonly variant?: () => string } = {},
  ): void => {
    const made = sharedDocument((name) => make(name.slice(name.indexOf(' ') + 1)), deps.edition)
    app.get(path, (request, response) => {
      if (policy !== undefined) response.set('content-security-policy', policy)
      sendDocument(request, response, type, made(`${variant()} ${deps.publicUrl()}`))
    })
  }
  json('/livez', (): z.infer<typeof livez> => ({ alive: true }))
  json('/version', (): z.infer<typeof versionAnswer> => ({
    name: 'mls-homeserver',
    version: deps.version,
    node: process.versions.node,
  }))
  document('/.well-known/mls-homeserver', 'json', (url) => JSON.stringify(discovery(deps, url)), {
    variant: deps.vapidKey,
  })
  const shown = [...deps.routes, ...operationShapes(deps)]
  const openapiAt = (url: string): object => openapi(shown, { url, version: deps.version })
  document('/openapi.json', 'json', (url) => JSON.stringify(openapiAt(url)))
  document('/asyncapi.json', 'json', (url) => JSON.stringify(deps.asyncapi(url)))
  const front = pageStyle('frontPage.css')
  document('/', 'html', (url) => frontPage({ ...deps, url, style: front }), { policy: pagePolicy(front) })
  const docs = pageStyle('docs/style.css')
  const docsAt = (url: string): string =>
    docsPage({ ...deps, url, openapi: openapiAt(url), asyncapi: deps.asyncapi(url), style: docs })
  document('/docs', 'html', docsAt, { policy: pagePolicy(docs, "'self'") })
  document(scriptPath, 'js', script)
  app.get('/readyz', async (_request, response) => {
    const readiness = await deps.readiness()
    response.status(readiness.ready ? 200 : 503).json(readiness)
  })
  for (const path of [...documents, '/livez', '/readyz', '/version'])
    refuseOtherMethods(app, path, { methods: ['get'] }, deps.hosts)
  if (deps.metricsHere) {
    app.get('/metrics', async (request, response, next) => {
      if (await mayReadMetrics(deps, request)) await serveMetrics(deps.registry, response)
      else next()
    })
  }
}

/** Keeps a path from those who ask for another host. */
const onlyOurs =
  ({ misdirected }: Hosts): RequestHandler =>
  (request, response, next) => {
    const refused = misdirected(request)
    if (refused === undefined) next()
    else sendProblem(response, refused.rejected)
  }

export const serveMetrics = async (registry: Registry, response: Response): Promise<void> => {
  response.type(registry.contentType).send(await registry.metrics())
}

const mayReadMetrics = async ({ isOperator }: OperationsDependencies, request: Request): Promise<boolean> =>
  isLocal(request) || isOperator(request)

const discovery = (deps: OperationsDependencies, url: string): z.infer<typeof discoveryAnswer> => ({
  domain: deps.domain,
  baseUrl: url,
  websocketUrl: `${url.replace(/^http/, 'ws')}/v1/websocket`,
  versions: ['v1'],
  server: { name: 'mls-homeserver', version: deps.version },
  cipherSuites: [...deps.cipherSuites],
  queueReferenceExtension: 0xf0c1,
  authority: `${url}/v1/authority`,
  revocations: `${url}/v1/revocations`,
  queueKey: `${url}/v1/queueKey`,
  push: { vapidKey: deps.vapidKey() },
  token: `${url}/v1/token`,
  maintenance: deps.maintenance(),
  limits: deps.limits,
  rates: deps.rates,
})
