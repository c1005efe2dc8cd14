/** What the suites against S3 share: the server they were given, a bucket of their own, and a server started here. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectS3 } from '#src/adapters/s3/connection.js'
import type { S3Connection, S3Settings } from '#src/adapters/s3/connection.js'
import { loadSdk } from '#src/adapters/s3/sdk.js'
import { eventually } from './eventually.js'
import { freePort } from '../support/freePort.js'

/** How to start a server: PORT and DIRECTORY stand for what it is given. */
export type S3Program = {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const accessKeyId = 'test-access'
const secretAccessKey = 'test-secret'

/** A suite for the server at S3_ENDPOINT. Without one it says so and is skipped. */
export const describeS3 = (title: string, suite: (endpoint: string) => void): void => {
  const endpoint = process.env['S3_ENDPOINT']
  if (endpoint === undefined) describe(title, () => it('skipped: S3_ENDPOINT is not set (npm run test:stores sets it)'))
  else
    describe(title, function () {
      this.timeout(120_000)
      suite(endpoint)
    })
}

export const settingsFor = (endpoint: string, bucket: string): S3Settings => ({
  bucket,
  prefix: 'assets/',
  endpoint,
  region: 'us-east-1',
  credentials: {
    accessKeyId: process.env['S3_ACCESS_KEY_ID'] ?? accessKeyId,
    secretAccessKey: process.env['S3_SECRET_ACCESS_KEY'] ?? secretAccessKey,
  },
  pathStyle: true,
})

type Named = new (input: { readonly Bucket: string }) => { readonly resolveMiddleware: unknown }

/** A bucket that nobody else uses. */
export const freshBucket = async (endpoint: string): Promise<S3Settings> => {
  const settings = settingsFor(endpoint, `test-${randomUUID()}`)
  const sdk = await loadSdk()
  const { credentials, region } = settings
  const client = new sdk.S3Client({ endpoint, credentials, region, forcePathStyle: true })
  const { CreateBucketCommand } = sdk as unknown as { readonly CreateBucketCommand: Named }
  await client.send(new CreateBucketCommand({ Bucket: settings.bucket }))
  client.destroy()
  return settings
}

export const connectedTo = (settings: S3Settings, callTimeoutMs = 15_000): Promise<S3Connection> =>
  connectS3({ ...settings, callTimeoutMs })

/** Starts a server on a free port, and waits until it listens. */
export const startS3Server = async ({ command, env }: S3Program) => {
  const port = await freePort()
  const directory = await mkdtemp(join(tmpdir(), 'mls-s3-'))
  const [program = '', ...given] = command.map((word) =>
    word.replace('PORT', String(port)).replace('DIRECTORY', directory),
  )
  const keys = { ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey }
  const child = spawn(program, given, { stdio: 'ignore', env: { ...process.env, ...env, ...keys } })
  const orphaned = (): void => void child.kill('SIGKILL')
  process.once('exit', orphaned)
  await eventually('the S3 server listens', () => listens(port), 60_000)
  return {
    endpoint: `http://127.0.0.1:${port}`,
    /** Stops it in its tracks: connections stay, and nothing answers. */
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    remove: async () => {
      process.off('exit', orphaned)
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit')
        child.kill('SIGKILL')
        await gone
      }
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const listens = (port: number): Promise<true> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).once('error', reject)
  })
