/** The port that metrics have of their own. */
import type { RequestListener } from 'node:http'
import express from 'express'
import type { Registry } from 'prom-client'
import { serveMetrics } from '../../api/operations/operations.js'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Config } from '../settings/config.js'
import { openSideDoor } from './sideDoor.js'
import type { SideDoor } from './sideDoor.js'

/** Undefined where metrics stand on the main port. Throws StartupProblem. */
export const openMetricsDoor = async (
  { host, metricsPort, limits }: Pick<Config, 'host' | 'metricsPort' | 'limits'>,
  registry: Registry,
  world: { readonly clock: Clock; readonly logger: Logger },
): Promise<SideDoor | undefined> => {
  if (metricsPort === undefined) return undefined
  const app = express()
  app.disable('x-powered-by')
  app.get('/metrics', (_request, response) => serveMetrics(registry, response))
  return openSideDoor({ host, port: metricsPort, tls: undefined }, app as RequestListener, { limits, ...world })
}
