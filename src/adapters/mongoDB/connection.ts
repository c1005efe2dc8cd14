/** The one MongoDB client of a process: its settings, what it talks to, and a timeout of our own around every call. */
import { MongoClient, type Db, type MongoClientOptions } from 'mongodb'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { answerInTime } from '../answerInTime.js'
import { storeError } from './storeErrors.js'

export type MongoConnection = {
  readonly db: Db
  /** 'MongoDB 6.0.5', with ' (replica set rs0)' where it is one. */
  readonly description: string
  /**
   * Runs one call: rejects with StoreUnavailable or StorageFull where the store is the cause, and after `callTimeoutMs`
   * (and `patienceMs` more) in any case. Reads pass the signal on, which ends them; a write that timed out may still land.
   */
  readonly call: <T>(work: (signal: AbortSignal) => Promise<T>, patienceMs?: number) => Promise<T>
  /** Idempotent. */
  readonly close: () => Promise<void>
}

export type MongoOptions = {
  /** mongodb:// or mongodb+srv://, with credentials; a path names the database, else `homeserver`. */
  readonly url: string
  readonly callTimeoutMs?: number
  /** Overrides for tests of faults: shorter timeouts. */
  readonly client?: MongoClientOptions
}

const defaultCallTimeoutMs = 15_000
/** Pipelines with $$NOW, retryable writes, `hint` with everything: all there since 4.4; older ones are out of support. */
const oldestMajor = 5

/**
 * `timeoutMS` is left alone: we saw it do nothing in driver 7.9. The monitor notices a frozen server after
 * heartbeatFrequencyMS + connectTimeoutMS and fails the calls under way.
 */
const settings: MongoClientOptions = {
  appName: 'mls-homeserver',
  serverSelectionTimeoutMS: 5_000,
  connectTimeoutMS: 2_000,
  heartbeatFrequencyMS: 1_000,
  socketTimeoutMS: 10_000,
  waitQueueTimeoutMS: 5_000,
  retryWrites: true,
  retryReads: true,
  ignoreUndefined: true,
  // Whatever the URL says: reads see our own writes, and every write is confirmed.
  readPreference: 'primary',
  readConcern: { level: 'local' },
  writeConcern: { w: 1 },
}

/** For what the log cannot rebuild, and for decisions between workers: it survives a crash and a failover. */
export const durable = { writeConcern: { w: 'majority', journal: true, wtimeoutMS: 10_000 } } as const

/**
 * For a step that the next one builds on: no failover takes it back. A loss of power everywhere may, and then takes the next
 * one back with it, as each member's journal keeps the order of writes.
 */
export const replicated = { writeConcern: { w: 'majority', journal: false, wtimeoutMS: 10_000 } } as const

const namesDatabase = /^mongodb(?:\+srv)?:\/\/[^/?]+\/[^/?]/

/**
 * Connects and looks at the server. Throws StoreUnavailable while it cannot be reached (the caller waits), and an Error of
 * one line for what waiting does not mend: an unusable URL, refused credentials, a server that is too old.
 */
export const connectMongoDB = async (options: MongoOptions): Promise<MongoConnection> => {
  const { url, callTimeoutMs = defaultCallTimeoutMs } = options
  const client = clientOf(url, options.client)
  const db = client.db(namesDatabase.test(url) ? undefined : 'homeserver')
  const call = callWithin(callTimeoutMs)
  try {
    const { version, setName } = await call(async (signal) => lookAt(client, db, signal))
    if (Number(version.split('.')[0]) < oldestMajor)
      throw new Error(
        `MongoDB ${version} at ${withoutCredentials(url)} is too old: ${oldestMajor}.0 or newer is needed`,
      )
    const description = `MongoDB ${version}${setName === undefined ? '' : ` (replica set ${setName})`}`
    return { db, description, call, close: () => client.close() }
  } catch (error) {
    await client.close()
    throw startError(error, url)
  }
}

const clientOf = (url: string, overrides: MongoClientOptions | undefined): MongoClient => {
  try {
    return new MongoClient(url, { ...settings, ...overrides })
  } catch (error) {
    throw new Error(`MONGODB_URL cannot be used: ${error instanceof Error ? error.message : String(error)}`)
  }
}

type Looked = { readonly version: string; readonly setName: string | undefined }

const lookAt = async (client: MongoClient, db: Db, signal: AbortSignal): Promise<Looked> => {
  await client.connect()
  const hello = await db.command({ hello: 1 }, { signal })
  const build = await db.command({ buildInfo: 1 }, { signal })
  // A command that needs rights on the database: buildInfo answers anyone.
  await db.listCollections({}, { nameOnly: true, signal }).toArray()
  const setName: unknown = hello['setName']
  return { version: String(build['version']), setName: typeof setName === 'string' ? setName : undefined }
}

/** AuthenticationFailed, Unauthorized. */
const refusalCodes = new Set([18, 13])

const startError = (error: unknown, url: string): unknown => {
  const code = typeof error === 'object' && error !== null ? (error as { readonly code?: unknown }).code : undefined
  if (typeof code === 'number' && refusalCodes.has(code))
    return new Error(
      `MongoDB at ${withoutCredentials(url)} did not authorise us: check the user and password in MONGODB_URL`,
    )
  if (error instanceof StoreUnavailable)
    return new StoreUnavailable(`MongoDB at ${withoutCredentials(url)} cannot be reached`, { cause: error })
  return error
}

/** The hosts of a URL, fit for a log line. */
const withoutCredentials = (url: string): string =>
  url.replace(/^(mongodb(?:\+srv)?:\/\/)(?:[^?]*@)?([^/?]*).*$/s, '$1$2')

const callWithin =
  (callTimeoutMs: number): MongoConnection['call'] =>
  (work, patienceMs = 0) =>
    answerInTime({ timeoutMs: callTimeoutMs + patienceMs, who: 'MongoDB', storeError }, work)
