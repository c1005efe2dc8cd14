/** How a server of HTTP ends. */
import type { Server } from 'node:http'

const drainMs = 5_000

/** Takes no new connection, lets requests under way finish, cuts what takes too long. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections()
    }, drainMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
