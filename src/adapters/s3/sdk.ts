/** What we ask of @aws-sdk/client-s3: an optional package, so neither its code nor its types are there unless an operator installs it. */

/** Its commands are classes; what they answer is checked where it is used. */
export type S3Sdk = {
  readonly S3Client: new (settings: Readonly<Record<string, unknown>>) => S3Client
  readonly PutObjectCommand: Command<
    Place & { readonly Body: Uint8Array; readonly ContentLength: number; readonly ContentType: string },
    unknown
  >
  readonly GetObjectCommand: Command<Place & { readonly Range: string }, { readonly Body?: Body }>
  readonly DeleteObjectCommand: Command<Place, unknown>
  readonly ListObjectsV2Command: Command<Listing, Listed>
}

type Command<Input, Output> = new (input: Input) => Asked<Output>
/** What `send` is given; `Output` is what it resolves with. */
type Asked<Output> = { readonly resolveMiddleware: unknown; readonly output?: Output }

export type S3Client = {
  readonly send: <Output>(command: Asked<Output>, options?: { readonly abortSignal: AbortSignal }) => Promise<Output>
  readonly destroy: () => void
}

type Place = { readonly Bucket: string; readonly Key: string }
type Body = AsyncIterable<Uint8Array> & { readonly destroy: () => void }
type Listing = {
  readonly Bucket: string
  readonly Prefix: string
  readonly MaxKeys?: number
  readonly StartAfter?: string
  readonly ContinuationToken?: string
}
export type S3Object = { readonly Key?: string; readonly Size?: number; readonly LastModified?: Date }
export type Listed = { readonly Contents?: readonly S3Object[]; readonly NextContinuationToken?: string }

/** In variables, so that no compiler looks for what need not be there. The version is the one that is tested. */
const [packageName, version] = ['@aws-sdk/client-s3', '3.1175.0']
/**
 * Said as it is typed: the next `npm ci` takes it away again, as everything that the lock does not name. Without
 * `--save-prod` npm takes it for the optional peer that it is, and installs nothing.
 */
export const sdkInstall = `npm install --no-save --save-prod ${packageName}@${version}`

/** Throws an Error that names the command where the package is not installed. */
export const loadSdk = async (name: string = packageName): Promise<S3Sdk> => {
  try {
    return (await import(name)) as S3Sdk
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Error(`S3_BUCKET needs a package that is not installed: ${sdkInstall}`)
  }
}
