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
  tls: (Tls & AskedFor) | undefined,
  options: ServerOptions,
  answer: RequestListener,
  logger: Logger,
): Listener => {
  if (tls === undefined) return { server: createServer(options, answer), scheme: 'http', release: () => undefined }
  // Who is asked for a certificate and has none, or none of that authority, does not get as far as a request.
  const asked = tls.clientCaFile === undefined ? {} : { requestCert: true, rejectUnauthorized: true }
  const server = createTlsServer({ ...options, ...read(tls), ...asked, handshakeTimeout: handshakeMsMax }, answer)
  const renew = (): void => {
    try {
      server.setSecureContext(read(tls))
      logger.info('the certificate was read again')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      logger.warn('the changed certificate is not used, the one before still is', { reason })
    }
  }
  const files = [tls.certFile, tls.keyFile, ...(tls.clientCaFile === undefined ? [] : [tls.clientCaFile])]
  for (const file of files) watchFile(file, { interval: lookMs, persistent: false }, renew)
  const release = (): void => {
    for (const file of files) unwatchFile(file, renew)
  }
  return { server, scheme: 'https', release }
}

/** Certificates that who connects is asked for: of which authorities, in PEM. */
export type AskedFor = { readonly clientCaFile?: string }

const read = ({ clientCaFile, ...tls }: Tls & AskedFor): Pair & { readonly ca?: Buffer } =>
  clientCaFile === undefined
    ? readPair(tls)
    : { ...readPair(tls), ca: readAs(`FEDERATION_CA ${clientCaFile}`, clientCaFile) }

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

export const readAs = (what: string, file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (error) {
    throw startupProblemOf(error, what) ?? error
  }
}
