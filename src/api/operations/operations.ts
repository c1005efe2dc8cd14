/** What operators and newcomers open: health, version, metrics, discovery, the documentation. */
import type { Express, Request, Response } from 'express'
import type { Registry } from 'prom-client'
import type { Limits, Rates } from '../../limits/limits.js'
import { addressOf, countsPerAddress } from '../http/address.js'
import { bearerTokenIn } from '../http/bearer.js'
import { docsPage } from './docsPage.js'
import { openapi } from './openapi.js'
import type { Principal } from '../principal.js'
import type { Rejected } from '../../streams/rejection.js'
import type { RouteShape } from '../http/route.js'

export type Readiness = { readonly ready: boolean; readonly reasons: readonly string[] }

export type OperationsDependencies = {
  readonly domain: string
  readonly version: string
  readonly publicUrl: () => string
  readonly limits: Limits
  readonly rates: Rates
  readonly cipherSuites: readonly number[]
  readonly routes: readonly RouteShape[]
  readonly asyncapi: () => object
  readonly readiness: () => Promise<Readiness>
  readonly registry: Registry
  /** Undefined when metrics have a port of their own. */
  readonly metricsHere: boolean
  readonly authenticate: (token: string) => Promise<Principal | Rejected>
  readonly trustedProxies: readonly string[]
}

export const mountOperations = (app: Express, deps: OperationsDependencies): void => {
  const json = (path: string, body: () => object | Promise<object>): void => {
    app.get(path, async (_request, response) => {
      response.json(await body())
    })
  }
  json('/livez', () => ({ alive: true }))
  json('/version', () => ({ name: 'mls-homeserver', version: deps.version, node: process.versions.node }))
  json('/.well-known/mls-homeserver', () => discovery(deps))
  json('/openapi.json', () => openapi(deps.routes, { url: deps.publicUrl(), version: deps.version }))
  json('/asyncapi.json', () => deps.asyncapi())
  app.get('/readyz', async (_request, response) => {
    const readiness = await deps.readiness()
    response.status(readiness.ready ? 200 : 503).json(readiness)
  })
  app.get(['/', '/docs'], (_request, response) => {
    response.set('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
    response.type('html').send(docsPage(deps.routes, deps))
  })
  if (deps.metricsHere) {
    app.get('/metrics', async (request, response, next) => {
      if (await mayReadMetrics(deps, request)) await serveMetrics(deps.registry, response)
      else next()
    })
  }
}

export const serveMetrics = async (registry: Registry, response: Response): Promise<void> => {
  response.type(registry.contentType).send(await registry.metrics())
}

const mayReadMetrics = async (deps: OperationsDependencies, request: Request): Promise<boolean> => {
  if (!countsPerAddress(addressOf(request, deps.trustedProxies))) return true
  const token = bearerTokenIn(request.get('authorization'))
  if (token === undefined) return false
  const principal = await deps.authenticate(token)
  return !('rejected' in principal) && principal.kind === 'operator'
}

const discovery = (deps: OperationsDependencies): object => {
  const url = deps.publicUrl()
  return {
    domain: deps.domain,
    baseUrl: url,
    websocketUrl: `${url.replace(/^http/, 'ws')}/v1/websocket`,
    versions: ['v1'],
    server: { name: 'mls-homeserver', version: deps.version },
    cipherSuites: deps.cipherSuites,
    queueReferenceExtension: 0xf0c1,
    authority: `${url}/v1/authority`,
    revocations: `${url}/v1/revocations`,
    queueKey: `${url}/v1/queueKey`,
    token: `${url}/v1/token`,
    limits: deps.limits,
    rates: deps.rates,
  }
}
