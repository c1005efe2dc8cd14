/** The homeserver that the demo talks to: its own process, or those it was given. */
import { startServer } from '../test/support/startServer.js'
import type { DemoOptions } from './options.js'

export type Homeserver = {
  readonly urls: readonly string[]
  /** kill -9; says what it did. */
  readonly kill: () => Promise<string>
  /** Starts it again, where it is the demo's to start. */
  readonly restart: () => Promise<string>
  readonly stop: () => Promise<void>
}

export const openHomeserver = async ({ servers, kill }: DemoOptions): Promise<Homeserver> => {
  if (servers.length > 0) return givenHomeserver(servers, kill)
  const server = await startServer()
  return {
    urls: [server.url],
    kill: async () => {
      await server.crash()
      return 'the server is killed with -9'
    },
    restart: async () => {
      await server.restart()
      return 'the server is started again on the same directory'
    },
    stop: async () => {
      await server.stop()
    },
  }
}

const givenHomeserver = (urls: readonly string[], pid: number | undefined): Homeserver => ({
  urls,
  kill: () => {
    if (pid === undefined) return Promise.resolve('(these servers are not ours to kill)')
    process.kill(pid, 'SIGKILL')
    return Promise.resolve(`server process ${pid} is killed with -9`)
  },
  restart: () => Promise.resolve('(the others go on)'),
  stop: () => Promise.resolve(),
})
