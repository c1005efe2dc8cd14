/**
 * What an error of the client or of gRPC means to the caller. Nearly all of them leave the outcome unknown: a server that
 * is down, busy, not ready, or not the leader answers as 'unavailable', 'unknown', or with an error without a type.
 */
import { StoreUnavailable } from '../../../ports/eventStore.js'

/** What the classes of the client, raw gRPC errors, and Error have in common. */
type Failure = {
  readonly type?: unknown
  readonly code?: unknown
  readonly message?: unknown
  /** The server's trailers. */
  readonly metadata?: { getMap?(): { readonly [name: string]: unknown } }
}

const invalidArgument = 3
const permissionDenied = 7
const unauthenticated = 16

export const isMissingStream = (error: unknown): boolean =>
  ['stream-not-found', 'stream-deleted'].includes(typeOf(error))

export const isAccessDenied = (error: unknown): boolean =>
  typeOf(error) === 'access-denied' || [permissionDenied, unauthenticated].includes(codeOf(error))

/** The server knows no such user, or another password; otherwise it knows who asks, and does not let them. */
export const isUnknownUser = (error: unknown): boolean => codeOf(error) === unauthenticated

/** The error as the port knows it: StoreUnavailable, or the error itself where only a bug explains it. */
export const asStoreError = (error: unknown, what: string): Error => {
  if (error instanceof StoreUnavailable) return error
  if (typeOf(error) === 'invalid-argument' || codeOf(error) === invalidArgument) return asError(error)
  return new StoreUnavailable(`${what}: ${reasonOf(error)}`, { cause: error })
}

/** The error in a few words, on one line. */
export const reasonOf = (error: unknown): string => {
  if (isAccessDenied(error)) return 'access denied'
  const { message } = error as Failure
  const said = typeof message === 'string' && message !== '' ? message : String(error)
  return said.replaceAll(noise, '').replaceAll(/\s+/g, ' ').trim()
}

/** Around the reason itself, gRPC says that it is one, when, and that it knows no help; the time makes each a new one. */
const noise = /No connection established\. Last error: |\s*\(\d{4}-\d\d-\d\dT[^)]*\)|\.?\s*Resolution note:\s*/g

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
const typeOf = (error: unknown): string => {
  const { type, metadata } = error as Failure
  const named = type ?? metadata?.getMap?.()['exception']
  return typeof named === 'string' ? named : ''
}
const codeOf = (error: unknown): number => {
  const { code } = error as Failure
  return typeof code === 'number' ? code : 0
}
