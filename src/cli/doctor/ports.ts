/** The ports that a start would listen at, and the way by which clients come. */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'
import { askServer } from '../operators/askDoor.js'
import { good, wrong } from './finding.js'
import type { Finding, Look } from './finding.js'

/** While no server runs: may one listen there? */
export async function* lookAtPorts({ host, port, operators, metricsPort }: Config): Look {
  const doors = [
    ['PORT', host, port],
    ['OPERATOR_PORT', operators.host, operators.port],
    ['METRICS_PORT', host, metricsPort ?? 0],
  ] as const
  for (const [setting, at, number] of doors) if (number !== 0) yield await lookAtPort(setting, at, number)
}

const lookAtPort = async (setting: string, host: string, port: number): Promise<Finding> => {
  const code = await codeOfListening(host, port)
  const what = `port: ${setting} ${host}:${port}`
  if (code === undefined) return good(`${what} is free`)
  if (code === 'EADDRINUSE') return wrong(75, `${what} is in use by another program`, `end that one, or set ${setting}`)
  if (code === 'EACCES') return wrong(78, `${what} may not be listened at by this user`, 'take one above 1023')
  return wrong(78, `${what} cannot be listened at: ${code}`, 'set HOST or OPERATOR_HOST to an address of this machine')
}

const codeOfListening = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message)
    })
    server.listen({ host, port, exclusive: true }, () => {
      const { port: got } = server.address() as AddressInfo
      server.close(() => {
        resolve(got === port ? undefined : 'another port was given')
      })
    })
  })

/** While one runs: do clients reach it where they are told to? */
export async function* lookAtPublicUrl({ publicUrl }: Pick<Config, 'publicUrl'>): Look {
  if (publicUrl === undefined) return
  const todo = 'see to the proxy, the firewall and the certificate on the way there (TLS and proxies)'
  try {
    const { ok, status } = await askServer(publicUrl, '/livez', {})
    yield ok
      ? good(`port: PUBLIC_URL ${publicUrl} leads to a server`)
      : wrong(69, `port: PUBLIC_URL ${publicUrl} answers ${status}`, todo)
  } catch (error) {
    if (!(error instanceof StartupProblem)) throw error
    yield wrong(69, `port: PUBLIC_URL ${publicUrl}: ${error.message}`, todo)
  }
}
