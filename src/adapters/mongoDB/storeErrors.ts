/** What a failure of the driver means: the store is away (outcome unknown), its disk is full, or there is a bug. */
import {
  MongoError,
  MongoExpiredSessionError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb'
import { StorageFull, StoreUnavailable } from '../../ports/eventStore.js'

/** Wait queue timeouts have no exported class: they are known by name. */
const awayNames = new Set(['MongoWaitQueueTimeoutError', 'MongoOperationTimeoutError', 'AbortError', 'TimeoutError'])

/**
 * Codes by which a server that answers says that it cannot serve just now: elections, shutdown, its own time limits,
 * a write concern that was not confirmed in time (mongo/base/error_codes.yml).
 */
const awayCodes = new Set([
  6, 7, 24, 43, 50, 64, 79, 89, 91, 100, 133, 134, 189, 262, 317, 358, 9001, 10107, 11600, 11601, 11602, 13388, 13435,
  13436, 50915,
])
/** Sockets' own errors, which the driver now and then passes on as they are. */
const awaySystemCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])
const outOfDiskSpace = 14031
/** A second row under a key that is taken: the guard of every write here. */
export const duplicateKey = 11000

/** The error, what it was caused by, and what its bulk and write concern report, outermost first. */
const chain = (error: unknown): readonly unknown[] => {
  if (typeof error !== 'object' || error === null) return [error]
  const { cause, writeConcernError, result } = error as {
    readonly cause?: unknown
    readonly writeConcernError?: unknown
    readonly result?: { readonly writeConcernError?: unknown }
  }
  return [
    error,
    ...(cause === undefined || cause === error ? [] : chain(cause)),
    ...[writeConcernError, result?.writeConcernError].filter((inner) => inner !== undefined && inner !== null),
  ]
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null ? (error as { readonly code?: unknown }).code : undefined

const isAwayCode = (code: unknown): boolean =>
  typeof code === 'number' ? awayCodes.has(code) : typeof code === 'string' && awaySystemCodes.has(code)

const isAway = (error: unknown): boolean =>
  error instanceof MongoNetworkError ||
  error instanceof MongoServerSelectionError ||
  error instanceof MongoNotConnectedError ||
  error instanceof MongoTopologyClosedError ||
  error instanceof MongoExpiredSessionError ||
  (error instanceof Error && awayNames.has(error.name)) ||
  (error instanceof MongoError && error.hasErrorLabel('RetryableWriteError')) ||
  isAwayCode(codeOf(error))

/**
 * The error to throw for one the driver threw. A bulk reports every failure as MongoBulkWriteError, so the causes decide
 * and not the class.
 */
export const storeError = (error: unknown): unknown => {
  if (error instanceof StoreUnavailable || error instanceof StorageFull) return error
  const errors = chain(error)
  if (errors.some((inner) => codeOf(inner) === outOfDiskSpace))
    return new StorageFull('MongoDB has no disk space left', { cause: error })
  const away = errors.find(isAway)
  if (away === undefined) return error
  return new StoreUnavailable(`MongoDB is away: ${away instanceof Error ? away.message : 'not confirmed in time'}`, {
    cause: error,
  })
}

/** True when a write failed only because its key is taken. */
export const isDuplicateKey = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === duplicateKey
