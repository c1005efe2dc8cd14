/** Chooses where the bytes of assets stand: in S3 where a bucket is named, else with the blobs. */
import { StoreUnavailable } from '../../ports/eventStore.js'
import type { AssetBytes } from '../../ports/assetBytes.js'
import type { S3Connection, S3Settings } from '../../adapters/s3/connection.js'
import type { Config } from '../settings/config.js'
import { StartupProblem } from '../process/startupProblem.js'
import { messageOf, patiently } from './storeWait.js'
import type { StoreWaitWorld } from './storeWait.js'

/** Throws StartupProblem: 69 for an S3 that cannot be reached, 78 for what waiting does not mend. */
export const openAssetBytes = async (
  config: Config,
  world: StoreWaitWorld,
  withBlobs: () => Promise<AssetBytes>,
): Promise<AssetBytes> => {
  const { s3 } = config
  if (s3 === undefined) return withBlobs()
  const { s3AssetBytes } = await import('../../adapters/s3/assetBytes.js')
  return s3AssetBytes(await patiently(config, world, () => connected(s3)))
}

/** Where the bytes of assets stand, when it is in S3 and that can be used. Throws StartupProblem. */
export const lookAtS3 = async (config: Config, world: StoreWaitWorld): Promise<string | undefined> => {
  const { s3 } = config
  if (s3 === undefined) return undefined
  const connection = await patiently(config, world, () => connected(s3))
  connection.close()
  return `S3 bucket ${s3.bucket} at ${s3.endpoint ?? "Amazon's"}, under ${s3.prefix}`
}

const connected = async (s3: S3Settings): Promise<S3Connection> => {
  const { connectS3 } = await import('../../adapters/s3/connection.js')
  try {
    return await connectS3(s3)
  } catch (error) {
    throw error instanceof StoreUnavailable ? error : new StartupProblem(78, messageOf(error))
  }
}
