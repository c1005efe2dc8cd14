/** How large the stores are and how fast the log grows: for operators, beside the work. */
import { readdir, stat, statfs } from 'node:fs/promises'
import type { StatsFs } from 'node:fs'
import { dirname, join } from 'node:path'
import { unlessMissing } from '../../adapters/durableFiles.js'
import { categoryOf } from '../../events/anyEvent.js'
import type { StoreSize, StoresShown } from '../../contract/stores.js'
import type { EventStore, StoredEvent } from '../../ports/eventStore.js'
import { origin, toPosition } from '../../ports/position.js'
import type { Config } from '../settings/config.js'

export type Sized = Pick<Config, 'dataDir' | 'keysDir' | 'eventStoreUrl' | 'mongoUrl' | 's3'>
/** Of stores on a server. */
export type MeasureOthers = () => Promise<readonly StoreSize[]>

export const storeSizes = async (config: Sized, events: EventStore, others: MeasureOthers): Promise<StoresShown> => {
  const stores = [...(await filesOf(config)), ...(await others())]
  const logBytes = stores.find(({ name }) => name === 'log')?.bytes
  return { log: await sizeOfLog(events, logBytes), stores, disks: await disksOf(config) }
}

const filesOf = async ({ dataDir, eventStoreUrl, mongoUrl, s3 }: Sized): Promise<readonly StoreSize[]> => {
  const embedded = mongoUrl === undefined
  const parts = [
    ...(eventStoreUrl === undefined ? [['log', 'events.db', 'events.db-wal']] : []),
    ...(embedded
      ? [
          ['read models', 'views'],
          ['blobs', 'blobs'],
        ]
      : []),
    ...(embedded && s3 === undefined ? [['assets', 'assets']] : []),
  ] as const
  const sizes: StoreSize[] = []
  for (const [name = '', ...paths] of parts) {
    const found = await Promise.all(paths.map((path) => sizeOfTree(join(dataDir, path))))
    const [bytes, entries] = [0, 1].map((n) => found.reduce((sum, size) => sum + (size[n] ?? 0), 0))
    sizes.push({ name, where: join(dataDir, paths[0] ?? ''), bytes: bytes ?? 0, entries: entries ?? 0 })
  }
  return sizes
}

/** Bytes and files; what goes meanwhile is not counted. */
const sizeOfTree = async (path: string): Promise<readonly [bytes: number, files: number]> => {
  const found = await unlessMissing(stat(path))
  if (found === undefined) return [0, 0]
  if (!found.isDirectory()) return [found.size, 1]
  let [bytes, files] = [0, 0]
  for (const name of (await unlessMissing(readdir(path))) ?? []) {
    const [size, count] = await sizeOfTree(join(path, name))
    bytes += size
    files += count
  }
  return [bytes, files]
}

/** `bytes`: of an embedded log's file. */
const sizeOfLog = async (events: EventStore, bytes: number | undefined): Promise<StoresShown['log']> => {
  const [head, newest] = [await events.head(), await events.newest()]
  const [oldest] = await events.readAll({ after: origin, limit: 1 })
  const { description } = events
  if (oldest === undefined || newest === undefined) return { description, head }
  const since = await unscavenged(events)
  return {
    ...{ description, head, oldest: oldest.meta.at, newest: newest.meta.at },
    growth: await growthOf(events, oldest, newest, bytes),
    ...(since === undefined ? {} : { scavenge: since }),
  }
}

const dayMs = 86_400_000

/** Positions of a server's log are bytes; an embedded one counts events, and can be searched. */
const growthOf = async (events: EventStore, oldest: StoredEvent, newest: StoredEvent, bytes: number | undefined) => {
  const aDayAgo = newest.meta.at - dayMs
  const from = bytes === undefined || oldest.meta.at >= aDayAgo ? oldest : await firstSince(events, aDayAgo, newest)
  const places = newest.position - from.position
  const perPlace = bytes === undefined ? 1 : bytes / newest.position
  return { bytes: Math.round(places * perPlace), ms: Math.max(0, newest.meta.at - from.meta.at) }
}

/** By halves. */
const firstSince = async (events: EventStore, at: number, newest: StoredEvent): Promise<StoredEvent> => {
  let [low, high, found] = [0, newest.position as number, newest]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const [event] = await events.readAll({ after: toPosition(middle), limit: 1 })
    if (event === undefined || event.meta.at >= at) {
      high = middle
      found = event ?? found
    } else low = event.position
  }
  return found
}

const looksMax = 2_000

/** When the oldest message was written that is in the log still, and no more in its stream; undefined where none is. */
const unscavenged = async (events: EventStore): Promise<number | undefined> => {
  if (events.exclusive) return undefined
  const oldest = await events.readAll({ after: origin, limit: looksMax })
  const message = oldest.find(({ stream }) => categoryOf(stream) === 'messages')
  if (message === undefined) return undefined
  const [first] = await events.readStream(message.stream, { limit: 1 })
  return first === undefined || first.revision > message.revision ? message.meta.at : undefined
}

const disksOf = async ({ dataDir, keysDir }: Sized): Promise<StoresShown['disks']> => {
  const disks = []
  for (const [name, directory] of [
    ['DATA_DIR', dataDir],
    ['KEYS_DIR', keysDir],
  ] as const) {
    const { bavail, bsize, blocks } = await diskOf(directory)
    disks.push({ name, free: bavail * bsize, all: blocks * bsize })
  }
  return disks
}

/** Of a directory, or the nearest one above it that is there. */
export const diskOf = async (directory: string): Promise<StatsFs> =>
  (await unlessMissing(statfs(directory))) ??
  (dirname(directory) === directory ? statfs(directory) : diskOf(dirname(directory)))
