/** What an address answers to the methods that nothing is there for: which there are (RFC 9110 §15.5.6). */
import type { Express, Request, Response } from 'express'
import { answerPreflight } from './cors.js'
import type { Hosts } from './address/hosts.js'
import { sendProblem } from './reply.js'

export type AtPath = {
  /** Those of the routes, in lower case. */
  readonly methods: readonly string[]
  /** Headers of the answer to OPTIONS, beyond those of every address. */
  readonly options?: (() => { readonly [name: string]: string }) | undefined
}

/** To be mounted behind all routes of the path. */
export const refuseOtherMethods = (app: Express, path: string, { methods, options }: AtPath, hosts: Hosts): void => {
  const named = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
  const allowed = [...named, 'OPTIONS']
  app.all(path, (request: Request, response: Response) => {
    if (request.method !== 'OPTIONS') {
      sendProblem(response, { code: 'method-not-allowed', allowed })
      return
    }
    const misdirected = hosts.misdirected(request)
    if (misdirected === undefined) answerPreflight(response.set(options?.() ?? {}), allowed)
    else sendProblem(response, misdirected.rejected)
  })
}
