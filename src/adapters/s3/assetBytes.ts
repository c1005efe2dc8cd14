/** The bytes of assets in S3: an object a part, `<prefix><domain>/<asset>/<start>`, durable when S3 says that it has it. */
import { domainOf, localPart, parseAssetId } from '../../mls/wire/ids.js'
import type { AssetId } from '../../mls/wire/ids.js'
import { checkPart } from '../../ports/assetBytes.js'
import type { AssetBytes, AssetPart } from '../../ports/assetBytes.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { pageOfAssets, partName } from '../assetParts.js'
import type { WrittenPart } from '../assetParts.js'
import type { S3Connection } from './connection.js'
import type { S3Object } from './sdk.js'

/** The slowest network that we wait for, added to the time a call may take. */
const bytesPerMs = 1_000
const removedAtOnce = 16

export const s3AssetBytes = (connection: S3Connection): AssetBytes => ({
  write: (asset, start, bytes) => write(connection, asset, start, bytes),
  parts: async (asset) => {
    const found: AssetPart[] = []
    for await (const { Key = '', Size = 0 } of objects(connection, folderOf(connection, asset)))
      found.push({ start: Number(Key.slice(Key.lastIndexOf('/') + 1)), size: Size })
    return found
  },
  read: (asset, part, from, length) => read(connection, keyOf(connection, asset, part.start), from, length),
  remove: (asset) => remove(connection, asset),
  list: ({ after, limit }) => list(connection, after, limit),
  close: () => {
    connection.close()
    return Promise.resolve()
  },
})

const folderOf = ({ settings }: S3Connection, asset: AssetId): string =>
  `${settings.prefix}${domainOf(asset)}/${localPart(asset)}/`
/** S3 lists in the order of keys, so in the order of the parts. */
const keyOf = (connection: S3Connection, asset: AssetId, start: number): string =>
  folderOf(connection, asset) + partName(start)

const write = async (connection: S3Connection, asset: AssetId, start: number, bytes: Uint8Array): Promise<void> => {
  checkPart(asset, start, bytes)
  const { sdk, client, settings, call } = connection
  const put = new sdk.PutObjectCommand({
    Bucket: settings.bucket,
    Key: keyOf(connection, asset, start),
    Body: bytes,
    ContentLength: bytes.length,
    ContentType: 'application/octet-stream',
  })
  await call((abortSignal) => client.send(put, { abortSignal }), bytes.length / bytesPerMs)
}

async function* read(
  { sdk, client, settings, call }: S3Connection,
  Key: string,
  from: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  if (length === 0) return
  const get = new sdk.GetObjectCommand({ Bucket: settings.bucket, Key, Range: `bytes=${from}-${from + length - 1}` })
  const { Body } = await call((abortSignal) => client.send(get, { abortSignal }))
  if (Body === undefined) throw new StoreUnavailable('S3 answered without bytes')
  let left = length
  const pieces = Body[Symbol.asyncIterator]()
  try {
    while (left > 0) {
      // Only the store is waited for: whoever takes the pieces may be slow.
      const piece = await call(() => pieces.next())
      if (piece.done === true) throw new StoreUnavailable('a part of an asset is shorter than it was')
      left -= piece.value.length
      yield piece.value
    }
    // To the end of the answer: its connection serves another.
    await call(() => pieces.next())
  } finally {
    Body.destroy()
  }
}

const remove = async (connection: S3Connection, asset: AssetId): Promise<void> => {
  const { sdk, client, settings, call } = connection
  const keys: string[] = []
  for await (const { Key } of objects(connection, folderOf(connection, asset))) if (Key !== undefined) keys.push(Key)
  while (keys.length > 0)
    await Promise.all(
      keys.splice(-removedAtOnce).map((Key) => {
        const gone = new sdk.DeleteObjectCommand({ Bucket: settings.bucket, Key })
        return call((abortSignal) => client.send(gone, { abortSignal }))
      }),
    )
}

/** All objects whose keys begin so, in the order of their keys, above one of them. */
async function* objects(
  { sdk, client, settings, call }: S3Connection,
  Prefix: string,
  StartAfter?: string,
): AsyncGenerator<S3Object> {
  let token: string | undefined
  do {
    const page = new sdk.ListObjectsV2Command({
      Bucket: settings.bucket,
      Prefix,
      ...(StartAfter === undefined ? {} : { StartAfter }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    })
    const { Contents, NextContinuationToken } = await call((abortSignal) => client.send(page, { abortSignal }))
    yield* Contents ?? []
    token = NextContinuationToken
  } while (token !== undefined)
}

const list = (connection: S3Connection, after: AssetId | undefined, limit: number): ReturnType<AssetBytes['list']> => {
  const beyond = after === undefined ? undefined : `${folderOf(connection, after)}~`
  return pageOfAssets(written(connection, beyond), limit)
}

async function* written(connection: S3Connection, beyond: string | undefined): AsyncGenerator<WrittenPart> {
  const { prefix } = connection.settings
  for await (const { Key = '', LastModified } of objects(connection, prefix, beyond)) {
    const [domain, local] = Key.slice(prefix.length).split('/')
    yield { asset: parseAssetId(`mimi://${domain}/a/${local}`), written: LastModified?.getTime() ?? 0 }
  }
}
