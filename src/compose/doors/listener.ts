/** The server that speaks HTTP: over TLS where there is a certificate, which is read again when its files change. */
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener, Server, ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { Limits } from '../../limits/limits.js'
import type { Logger } from '../../ports/logger.js'
import type { Tls } from '../settings/config.js'
import { StartupProblem } from '../process/startupProblem.js'
import { startupProblemOf } from '../process/startupProblemOf.js'

export type Listener = {
  readonly server: Server
  readonly scheme: 'http' | 'https'
  /** Looks after the certificate no longer. */
  readonly release: () => void
}

/** What every server of HTTP here waits for, and no longer. */
export const serverOptions = (limits: Limits): ServerOptions => ({
  headersTimeout: limits.headersTimeoutMs,
  requestTimeout: limits.requestTimeoutMs,
  keepAliveTimeout: limits.keepAliveTimeoutMs,
  connectionsCheckingInterval: 1_000,
})

/** How often the files are looked at, whoever replaces them and however (also by links, as Kubernetes does). */
const lookMs = 1_000
const handshakeMsMax = 10_000

/** Throws StartupProblem when there is no certificate where one should be. */
export const makeListener = (
  tls: Tls | undefined,
  options: ServerOptions,
  answer: RequestListener,
  logger: Logger,
): Listener => {
  if (tls === undefined) return { server: createServer(options, answer), scheme: 'http', release: () => undefined }
  const server = createTlsServer({ ...options, ...readPair(tls), handshakeTimeout: handshakeMsMax }, answer)
  const renew = (): void => {
    try {
      server.setSecureContext(readPair(tls))
      logger.info('the certificate was read again')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      logger.warn('the changed certificate is not used, the one before still is', { reason })
    }
  }
  const files = [tls.certFile, tls.keyFile]
  for (const file of files) watchFile(file, { interval: lookMs, persistent: false }, renew)
  const release = (): void => {
    for (const file of files) unwatchFile(file, renew)
  }
  return { server, scheme: 'https', release }
}

type Pair = { readonly cert: Buffer; readonly key: Buffer }

/** Both files, which belong together. */
const readPair = ({ certFile, keyFile }: Tls): Pair => {
  const pair = { cert: readAs(`TLS_CERT ${certFile}`, certFile), key: readAs(`TLS_KEY ${keyFile}`, keyFile) }
  try {
    createSecureContext(pair)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartupProblem(78, `TLS_CERT ${certFile} and TLS_KEY ${keyFile} cannot be used: ${reason}`)
  }
  return pair
}

const readAs = (what: string, file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (error) {
    throw startupProblemOf(error, what) ?? error
  }
}
