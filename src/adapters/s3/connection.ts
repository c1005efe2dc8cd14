/** The one S3 client of a process: its settings, a timeout of our own around every call, and failures as the ports name them. */
import { StorageFull, StoreUnavailable } from '../../ports/eventStore.js'
import { answerInTime } from '../answerInTime.js'
import { loadSdk } from './sdk.js'
import type { S3Client, S3Sdk } from './sdk.js'

export type S3Settings = {
  readonly bucket: string
  /** Before every key; ends with a slash unless it is empty. */
  readonly prefix: string
  /** Undefined: Amazon's own. */
  readonly endpoint: string | undefined
  readonly region: string
  /** Undefined: what the SDK finds (AWS_… in the environment, the role of the machine). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  /** The bucket in the path of a URL and not in its host. */
  readonly pathStyle: boolean
}

export type S3Connection = {
  readonly sdk: S3Sdk
  readonly client: S3Client
  readonly settings: S3Settings
  /** Runs one call: rejects with StoreUnavailable or StorageFull, and after `callTimeoutMs` (and `patienceMs` more) in any case. */
  readonly call: <T>(work: (abortSignal: AbortSignal) => Promise<T>, patienceMs?: number) => Promise<T>
  readonly close: () => void
}

export type S3Options = S3Settings & { readonly callTimeoutMs?: number }

const defaultCallTimeoutMs = 15_000

/**
 * Connects and looks at the bucket. Throws StoreUnavailable while it cannot be reached (the caller waits), and an Error of
 * one line for what waiting does not mend: no package, refused credentials, no such bucket.
 */
export const connectS3 = async (options: S3Options): Promise<S3Connection> => {
  const { callTimeoutMs = defaultCallTimeoutMs, ...settings } = options
  const sdk = await loadSdk()
  const { endpoint, region, credentials, pathStyle } = settings
  const client = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    region,
    forcePathStyle: pathStyle,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 2_000 },
    // What others than Amazon serve does not know the newer checksums; each request is signed over its bytes anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const connection: S3Connection = {
    sdk,
    client,
    settings,
    call: (work, patienceMs = 0) =>
      answerInTime({ timeoutMs: callTimeoutMs + patienceMs, who: 'S3', storeError }, work),
    close: () => {
      client.destroy()
    },
  }
  try {
    await lookAt(connection)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

const lookAt = async ({ sdk, client, settings, call }: S3Connection): Promise<void> => {
  const { bucket: Bucket, prefix: Prefix } = settings
  try {
    await call((abortSignal) =>
      client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 }), { abortSignal }),
    )
  } catch (error) {
    const { name, status } = told(error instanceof StoreUnavailable ? error.cause : error)
    if (status !== undefined && status < 500 && status !== 429 && status !== 408)
      throw new Error(`S3_BUCKET ${Bucket} cannot be used: ${name} (${status}); ${remedies[status] ?? remedyElse}`)
    throw error
  }
}

const remedyElse = 'check S3_ENDPOINT, S3_REGION and S3_PATH_STYLE'
const remedies: Readonly<Record<number, string>> = {
  403: 'check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, and that they may list, read, write and delete there',
  404: 'make the bucket, or check its name',
}

/** What the SDK says of a refusal: the name S3 gives it, and the status of the answer, where there was one. */
const told = (error: unknown): { readonly name: string; readonly status: number | undefined } => {
  const { name, $metadata } = (error ?? {}) as { readonly name?: unknown; readonly $metadata?: unknown }
  const status = ($metadata as { readonly httpStatusCode?: unknown } | undefined)?.httpStatusCode
  return { name: String(name), status: typeof status === 'number' ? status : undefined }
}

const noRoom: ReadonlySet<string> = new Set([
  'QuotaExceeded',
  'EntityTooLargeForQuota',
  'InsufficientStorage',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
])

/** Whatever it was, the bytes are not there: a store's failure, whose cause the log tells. */
const storeError = (error: unknown): unknown => {
  if (error instanceof StoreUnavailable || error instanceof RangeError) return error
  const { name, status } = told(error)
  if (status === 507 || noRoom.has(name)) return new StorageFull('S3 has no room', { cause: error })
  return new StoreUnavailable(`S3 failed: ${name}${status === undefined ? '' : ` (${status})`}`, { cause: error })
}
