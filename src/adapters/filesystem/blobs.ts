/** Blobs as files named by their digest, two directories deep: `blobs/a/B/aB…`, readable by this user only. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Blobs, Digest } from '../../ports/blobs.js'
import { onDisk } from '../onDisk.js'

/** SHA-256 in base64url; whatever else is asked for is not here, and never becomes a path. */
const digestPattern = /^[A-Za-z0-9_-]{43}$/
/** Unfinished files, outside the shards, whose names have one character. */
const incoming = 'incoming'

/** Opens `<directory>/blobs`; clears away what an earlier process did not finish. */
export const openFilesystemBlobs = async (options: { readonly directory: string }): Promise<Blobs> => {
  const root = join(options.directory, 'blobs')
  await rm(join(root, incoming), { recursive: true, force: true })
  await mkdir(join(root, incoming), { recursive: true, mode: 0o700 })
  const pathOf = (digest: Digest): string | undefined =>
    digestPattern.test(digest) ? join(root, digest.slice(0, 1), digest.slice(1, 2), digest) : undefined

  /** What `use` makes of the file, undefined when there is none. */
  const withFile = async <Result>(
    digest: Digest,
    use: (path: string) => Promise<Result>,
  ): Promise<Result | undefined> => {
    const path = pathOf(digest)
    return path === undefined ? undefined : unlessMissing(() => use(path))
  }

  return {
    put: async (bytes) => {
      const digest = await digestOf(bytes)
      const path = join(root, digest.slice(0, 1), digest.slice(1, 2), digest)
      const now = new Date()
      const there = await unlessMissing(() => utimes(path, now, now).then(() => true))
      if (there !== true) await write(join(root, incoming, randomUUID()), path, bytes)
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
    list: async ({ after = '', limit }) => {
      const found: { readonly digest: Digest; readonly stored: number }[] = []
      for await (const path of filesAfter(root, after)) {
        const stored = await unlessMissing(async () => (await stat(path)).mtimeMs)
        if (stored !== undefined) found.push({ digest: path.slice(-43), stored: Math.floor(stored) })
        if (found.length >= limit) break
      }
      return found
    },
    close: () => Promise.resolve(),
  }
}

/** In the thread pool: a large asset takes a tenth of a second. */
const digestOf = async (bytes: Uint8Array): Promise<Digest> =>
  toBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes))))

/** Under its name only whole and durable, and its name durable before this resolves. */
const write = (temporary: string, path: string, bytes: Uint8Array): Promise<void> =>
  onDisk('a blob cannot be read or written', async () => {
    try {
      const file = await open(temporary, 'wx', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await makeDirectory(dirname(path))
      await rename(temporary, path)
      await syncDirectory(dirname(path))
    } finally {
      await rm(temporary, { force: true })
    }
  })

/** Makes a shard; a name that is new is durable in its parent. */
const makeDirectory = async (directory: string): Promise<void> => {
  const made = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (made === undefined) return
  await syncDirectory(dirname(directory))
  await syncDirectory(dirname(dirname(directory)))
}

const syncDirectory = async (directory: string): Promise<void> => {
  const folder = await open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

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

/** The paths of all blobs above a digest, in the order of their digests. */
async function* filesAfter(root: string, after: Digest): AsyncGenerator<string> {
  for (const first of await shards(root, after.slice(0, 1)))
    for (const second of await shards(join(root, first), first === after.slice(0, 1) ? after.slice(1, 2) : '')) {
      const files = (await unlessMissing(() => readdir(join(root, first, second)))) ?? []
      for (const digest of files.sort()) if (digest > after) yield join(root, first, second, digest)
    }
}

const shards = async (directory: string, from: string): Promise<readonly string[]> => {
  const names = (await unlessMissing(() => readdir(directory))) ?? []
  return names.filter((name) => name.length === 1 && name >= from).sort()
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | undefined)?.code

const unlessMissing = <Result>(work: () => Promise<Result>): Promise<Result | undefined> =>
  onDisk('a blob cannot be read or written', async () => {
    try {
      return await work()
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
  })
