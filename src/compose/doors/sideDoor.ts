/** A port beside the main one, as bounded as that: for metrics, for operators. */
import type { RequestListener } from 'node:http'
import { requestsInTurn } from '../../api/http/connection/requestsInTurn.js'
import type { Limits } from '../../limits/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import { closeServer } from './closeServer.js'
import type { Tls } from '../settings/config.js'
import { makeListener, serverOptions } from './listener.js'
import type { AskedFor } from './listener.js'
import { bind } from './waitingDoor.js'

export type SideDoor = { readonly url: string; readonly close: () => Promise<void> }

type At = {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  readonly tls: (Tls & AskedFor) | undefined
}
type SideDoorWorld = { readonly limits: Limits; readonly clock: Clock; readonly logger: Logger }

/** Throws StartupProblem. */
export const openSideDoor = async (
  { host, port, tls }: At,
  answer: RequestListener,
  { limits, clock, logger }: SideDoorWorld,
): Promise<SideDoor> => {
  const inTurn = requestsInTurn(answer, limits, clock)
  const { server, scheme, release } = makeListener(tls, serverOptions(limits), inTurn.listener, logger)
  inTurn.attend(server)
  const bound = await bind(server, host, port, limits.listenBacklogMax)
  const stopping = new AbortController()
  const watching = inTurn.watch(stopping.signal)
  return {
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: async () => {
      release()
      stopping.abort()
      await Promise.all([watching, closeServer(server)])
    },
  }
}
