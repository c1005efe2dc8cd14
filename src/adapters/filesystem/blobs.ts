/** Blobs as files named by their digest, two directories deep: `blobs/a/B/aB…`, readable by this user only. */
import { open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Blobs, Digest } from '../../ports/blobs.js'
import { syncDirectory, unlessMissing } from '../durableFiles.js'
import { onDisk } from '../onDisk.js'
import { clearIncoming, writeWhole } from './incoming.js'
import { pathsAfter, shardedPath } from './shards.js'

/** SHA-256 in base64url; whatever else is asked for is not here, and never becomes a path. */
const digestPattern = /^[A-Za-z0-9_-]{43}$/

/** Opens `<directory>/blobs`; clears away what an earlier process did not finish. `beside`: to read it beside one that is at work. */
export const openFilesystemBlobs = async (options: {
  readonly directory: string
  readonly beside?: boolean
}): Promise<Blobs> => {
  const root = join(options.directory, 'blobs')
  if (options.beside !== true) await clearIncoming(root)
  const pathOf = (digest: Digest): string | undefined =>
    digestPattern.test(digest) ? shardedPath(root, digest) : undefined

  /** What `use` makes of the file, undefined when there is none. */
  const withFile = async <Result>(
    digest: Digest,
    use: (path: string) => Promise<Result>,
  ): Promise<Result | undefined> => {
    const path = pathOf(digest)
    return path === undefined ? undefined : told(() => unlessMissing(use(path)))
  }

  return {
    put: async (bytes) => {
      const digest = await digestOf(bytes)
      const path = shardedPath(root, digest)
      const now = new Date()
      await told(async () => {
        const there = await unlessMissing(utimes(path, now, now).then(() => true))
        if (there !== true) await writeWhole(root, path, bytes)
      })
      return digest
    },
    get: (digest) => withFile(digest, async (path) => Uint8Array.from(await readFile(path))),
    getRange: (digest, start, length) => withFile(digest, (path) => readPart(path, start, length)),
    size: (digest) => withFile(digest, async (path) => (await stat(path)).size),
    remove: async (digest) => {
      await withFile(digest, async (path) => {
        await rm(path)
        await syncDirectory(dirname(path))
      })
    },
    list: ({ after = '', limit }) =>
      told(async () => {
        const found: { readonly digest: Digest; readonly stored: number }[] = []
        for await (const path of pathsAfter(root, after)) {
          const there = await unlessMissing(stat(path))
          if (there !== undefined) found.push({ digest: path.slice(-43), stored: Math.floor(there.mtimeMs) })
          if (found.length >= limit) break
        }
        return found
      }),
    close: () => Promise.resolve(),
  }
}

const told = <Result>(work: () => Promise<Result>): Promise<Result> => onDisk('a blob cannot be read or written', work)

/** In the thread pool: a large one takes a tenth of a second. */
const digestOf = async (bytes: Uint8Array): Promise<Digest> =>
  toBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes))))

const readPart = async (path: string, start: number, length: number): Promise<Uint8Array> => {
  const file = await open(path, 'r')
  try {
    const size = Math.max(0, Math.min(length, (await file.stat()).size - start))
    const part = new Uint8Array(size)
    const { bytesRead } = size === 0 ? { bytesRead: 0 } : await file.read(part, 0, size, start)
    return part.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
