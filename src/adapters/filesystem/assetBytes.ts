/** The bytes of assets as files: a directory an asset, `assets/parts/<domain>/a/B/aB…/`, a file a part, named by where it starts. */
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { domainOf, localPart, parseAssetId } from '../../mls/wire/ids.js'
import type { AssetId } from '../../mls/wire/ids.js'
import { checkPart } from '../../ports/assetBytes.js'
import type { AssetBytes, AssetPart } from '../../ports/assetBytes.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { partName, partNameDigits } from '../assetParts.js'
import { namesIn, syncDirectory, unlessMissing } from '../durableFiles.js'
import { onDisk } from '../onDisk.js'
import { clearIncoming, incomingPath, writeWhole } from './incoming.js'
import { pathsAfter, shardedPath } from './shards.js'

const partPattern = new RegExp(`^[0-9]{${partNameDigits}}$`)
/** Read at a time: twice that is what a reader costs in memory. */
const pieceBytesMax = 256 * 1024

/** Opens `<directory>/assets`; clears away what an earlier process did not finish. `beside`: to read it beside one that is at work. */
export const openFilesystemAssetBytes = async (options: {
  readonly directory: string
  readonly beside?: boolean
}): Promise<AssetBytes> => {
  const root = join(options.directory, 'assets')
  if (options.beside !== true) await clearIncoming(root)

  return {
    write: async (asset, start, bytes) => {
      checkPart(asset, start, bytes)
      await told(() => writeWhole(root, join(directoryOf(root, asset), partName(start)), bytes))
    },
    parts: (asset) => told(() => partsIn(directoryOf(root, asset))),
    read: (asset, part, from, length) => read(join(directoryOf(root, asset), partName(part.start)), from, length),
    remove: (asset) => told(() => remove(root, directoryOf(root, asset))),
    list: ({ after, limit }) => told(() => list(root, after, limit)),
    close: () => Promise.resolve(),
  }
}

const told = <Result>(work: () => Promise<Result>): Promise<Result> =>
  onDisk('the bytes of an asset cannot be read or written', work)

/** Apart from `incoming`, which is a domain's name too. */
const partsOf = (root: string): string => join(root, 'parts')

/** Throws RangeError for what is no asset's id: it never becomes a path. */
const directoryOf = (root: string, asset: AssetId): string => {
  if (parseAssetId(asset) === undefined) throw new RangeError('this is not the id of an asset')
  return shardedPath(join(partsOf(root), domainOf(asset)), localPart(asset))
}

const partsIn = async (directory: string): Promise<readonly AssetPart[]> => {
  const names = (await namesIn(directory)).filter((name) => partPattern.test(name))
  const files = await Promise.all([...names].sort().map((name) => sizeOf(directory, name)))
  return files.filter((part) => part !== undefined)
}

const sizeOf = async (directory: string, name: string): Promise<AssetPart | undefined> => {
  const file = await unlessMissing(stat(join(directory, name)))
  return file === undefined ? undefined : { start: Number(name), size: file.size }
}

/** One piece is read while the one before it is taken. */
async function* read(path: string, from: number, length: number): AsyncGenerator<Uint8Array> {
  const file = await told(() => open(path, 'r'))
  const pieceAt = (at: number): Promise<Uint8Array> =>
    told(() => pieceOf(file, at, Math.min(pieceBytesMax, from + length - at)))
  let next = pieceAt(from)
  try {
    for (let at = from; at < from + length;) {
      const piece = await next
      at += piece.length
      if (at < from + length) (next = pieceAt(at)).catch(() => undefined)
      yield piece
    }
  } finally {
    // Nobody closes what is still read.
    await next.catch(() => undefined)
    await file.close()
  }
}

const pieceOf = async (file: FileHandle, at: number, length: number): Promise<Uint8Array> => {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(length), 0, length, at)
  if (bytesRead === 0) throw new StoreUnavailable('a part of an asset is shorter than it was')
  return buffer.subarray(0, bytesRead)
}

/** Its name goes first, at once and for good: no crash leaves an asset in part. */
const remove = async (root: string, directory: string): Promise<void> => {
  const aside = incomingPath(root)
  const there = await unlessMissing(rename(directory, aside).then(() => true))
  if (there !== true) return
  await syncDirectory(dirname(directory))
  await rm(aside, { recursive: true, force: true })
}

const list = async (root: string, after: AssetId | undefined, limit: number): ReturnType<AssetBytes['list']> => {
  const found: { readonly asset: AssetId; readonly stored: number }[] = []
  const from = after === undefined ? { domain: '', local: '' } : { domain: domainOf(after), local: localPart(after) }
  for (const domain of [...(await namesIn(partsOf(root)))].sort()) {
    if (domain < from.domain) continue
    for await (const path of pathsAfter(join(partsOf(root), domain), domain === from.domain ? from.local : '')) {
      const asset = parseAssetId(`mimi://${domain}/a/${basename(path)}`)
      const stored = await unlessMissing(newestIn(path))
      if (asset !== undefined && stored !== undefined) found.push({ asset, stored })
      if (found.length >= limit) return found
    }
  }
  return found
}

/** When a name was last put into a directory, ms; undefined where none is in it. */
const newestIn = async (directory: string): Promise<number | undefined> =>
  (await readdir(directory)).length === 0 ? undefined : Math.floor((await stat(directory)).mtimeMs)
