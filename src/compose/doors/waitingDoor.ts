/** The server's port: bound when all is ready, or early, when a store must be waited for and whoever looks should hear why. */
import { randomUUID } from 'node:crypto'
import type { RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { problemOf, retryAfterOf } from '../../api/http/problems.js'
import type { Logger } from '../../ports/logger.js'
import type { Config } from '../settings/config.js'
import { makeListener, serverOptions } from './listener.js'
import type { Listener } from './listener.js'
import { StartupProblem } from '../process/startupProblem.js'

export type WaitingDoor = Listener & {
  /** Listens from now on, and answers everybody why it does not serve. Throws StartupProblem. */
  readonly waitFor: (reason: string) => Promise<void>
  /** Serves from now on; answers the port. Throws StartupProblem. */
  readonly serve: (app: RequestListener) => Promise<number>
}

/** Throws StartupProblem when there is no certificate where one should be. */
export const makeWaitingDoor = ({ host, port, limits, tls }: Config, logger: Logger): WaitingDoor => {
  let serving: RequestListener | undefined
  let reasons: readonly string[] = []
  let bound: Promise<number> | undefined
  const listener = makeListener(
    tls,
    serverOptions(limits),
    (request, response) => {
      if (serving === undefined) turnAway(request.url ?? '', reasons, response)
      else serving(request, response)
    },
    logger,
  )
  const open = (): Promise<number> => (bound ??= bind(listener.server, host, port, limits.listenBacklogMax))
  return {
    ...listener,
    waitFor: async (reason) => {
      reasons = [reason]
      await open()
    },
    serve: (app) => {
      serving = app
      return open()
    },
  }
}

/** As the operations and the problems of the server itself look. */
const turnAway = (url: string, reasons: readonly string[], response: ServerResponse): void => {
  const path = url.split('?', 1)[0]
  if (path === '/livez') answer(response, 200, 'application/json', { alive: true })
  else if (path === '/readyz') answer(response, 503, 'application/json', { ready: false, reasons, notes: [] })
  else {
    const away = { code: 'store-unavailable' } as const
    const problem = problemOf(away, randomUUID())
    response.setHeader('retry-after', String(retryAfterOf(away)))
    answer(response, problem.status, 'application/problem+json', problem)
  }
}

const answer = (response: ServerResponse, status: number, type: string, body: object): void => {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
}

/** Answers the port, which is any free one for 0. Throws StartupProblem. */
export const bind = (server: Server, host: string, port: number, backlog: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE'
      const what = inUse ? `port ${port} on ${host} is in use` : `cannot listen on ${host}:${port}: ${error.message}`
      reject(new StartupProblem(inUse ? 75 : 78, what))
    })
    server.listen(port, host, backlog, () => {
      resolve((server.address() as AddressInfo).port)
    })
  })
