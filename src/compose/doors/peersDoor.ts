/** The port at which other servers ask who show a certificate: nobody else gets as far as a request. */
import type { RequestListener } from 'node:http'
import type { Config } from '../settings/config.js'
import { openSideDoor } from './sideDoor.js'
import type { SideDoor } from './sideDoor.js'

/** Undefined where they ask on the main port. Throws StartupProblem. */
export const openPeersDoor = async (
  { host, tls, federation: { door, caFile } }: Pick<Config, 'host' | 'tls' | 'federation'>,
  answer: RequestListener | undefined,
  world: Parameters<typeof openSideDoor>[2],
): Promise<SideDoor | undefined> => {
  if (door === undefined || answer === undefined) return undefined
  if (tls === undefined || caFile === undefined) throw new Error('there is no certificate to ask for, or none to show')
  return openSideDoor({ host, port: door.port, tls: { ...tls, clientCaFile: caFile } }, answer, world)
}
