/** What the address of the websocket says to a request that asks for no websocket (RFC 9110 §15.5.22). */
import type { Express, Request, Response } from 'express'
import type { Hosts } from '../http/address/hosts.js'
import { refuseOtherMethods } from '../http/otherMethods.js'
import { sendProblem } from '../http/reply.js'
import { websocketPath } from './upgrade.js'

export const mountWithoutUpgrade = (app: Express, hosts: Hosts): void => {
  app.get(websocketPath, (request: Request, response: Response) => {
    sendProblem(response, hosts.misdirected(request)?.rejected ?? { code: 'upgrade-required' })
  })
  refuseOtherMethods(app, websocketPath, { methods: ['get'] }, hosts)
}
