/** The port that metrics have of their own: as bounded as the main one. */
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import express from 'express'
import type { Registry } from 'prom-client'
import { requestsInTurn } from '../api/http/requestsInTurn.js'
import { serveMetrics } from '../api/operations/operations.js'
import type { Clock } from '../ports/clock.js'
import { closeServer } from './closeServer.js'
import type { Config } from './settings/config.js'
import { serverOptions } from './listener.js'
import { bind } from './waitingDoor.js'

export type MetricsDoor = { readonly close: () => Promise<void> }

/** Undefined where metrics stand on the main port. Throws StartupProblem. */
export const openMetricsDoor = async (
  { host, metricsPort, limits }: Pick<Config, 'host' | 'metricsPort' | 'limits'>,
  registry: Registry,
  clock: Clock,
): Promise<MetricsDoor | undefined> => {
  if (metricsPort === undefined) return undefined
  const app = express()
  app.disable('x-powered-by')
  app.get('/metrics', (_request, response) => serveMetrics(registry, response))
  const inTurn = requestsInTurn(app as RequestListener, limits, clock)
  const server = createServer(serverOptions(limits), inTurn.listener)
  inTurn.attend(server)
  await bind(server, host, metricsPort, limits.listenBacklogMax)
  const stopping = new AbortController()
  const watching = inTurn.watch(stopping.signal)
  return {
    close: async () => {
      stopping.abort()
      await Promise.all([watching, closeServer(server)])
    },
  }
}
