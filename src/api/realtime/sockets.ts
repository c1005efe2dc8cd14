/** All sockets that are open: counted, looked after, cut off with their client, and sent home when the server stops. */
import type { ClientId } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import { rejectionOfError } from '../http/problems.js'
import type { Socket } from './socket.js'
import { closeCodes } from './websocketFrames.js'

export type Sockets = {
  readonly add: (socket: Socket) => void
  readonly remove: (socket: Socket) => void
  readonly count: () => number
  readonly lookAfter: () => Promise<void>
  /** Closes whatever speaks for a client. */
  readonly cutOff: (client: ClientId) => void
  /** Closes all with a word, also those that come meanwhile, and gives the other side a moment to answer it. */
  readonly closeAll: () => Promise<void>
}

const farewellMs = 1_000

export const keepSockets = ({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }): Sockets => {
  const sockets = new Set<Socket>()
  let isLeaving = false
  let lastIsGone: () => void = () => undefined

  const lookAfter = async (socket: Socket): Promise<void> => {
    try {
      await socket.lookAfter()
    } catch (error) {
      if (rejectionOfError(error) === undefined) throw error
      logger.warn('token not renewed: the store is away', { error: String(error) })
    }
  }

  return {
    add: (socket) => {
      sockets.add(socket)
      if (isLeaving) socket.close(closeCodes.goingAway)
    },
    remove: (socket) => {
      sockets.delete(socket)
      if (sockets.size === 0) lastIsGone()
    },
    count: () => sockets.size,
    lookAfter: async () => {
      await Promise.all([...sockets].map(lookAfter))
    },
    cutOff: (client) => {
      for (const { session, close } of sockets) {
        if (session.speaksFor(client)) close(closeCodes.notAuthenticated)
      }
    },
    closeAll: async () => {
      isLeaving = true
      if (sockets.size === 0) return
      const allGone = new Promise<void>((resolve) => (lastIsGone = resolve))
      for (const { close } of sockets) close(closeCodes.goingAway)
      const enough = new AbortController()
      await Promise.race([allGone, clock.sleep(farewellMs, enough.signal)])
      enough.abort()
      for (const { terminate } of sockets) terminate()
    },
  }
}
