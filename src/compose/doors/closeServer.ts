/** How a server of HTTP ends. */
import type { Server } from 'node:http'

const drainMs = 5_000
const idleLookMs = 100

/**
 * Takes no new connection, lets requests under way finish, cuts what takes too long. Who asks on over a connection that
 * is kept alive is answered once more and sent away with that answer; one that falls idle is closed.
 */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections()
    }, drainMs)
    const look = setInterval(() => {
      server.closeIdleConnections()
    }, idleLookMs)
    server.prependListener('request', (_request, response) => {
      response.setHeader('connection', 'close')
    })
    server.close(() => {
      clearTimeout(cut)
      clearInterval(look)
      resolve()
    })
    server.closeIdleConnections()
  })
