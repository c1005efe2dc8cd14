/** A store in one file, for clients in Node: a line per write, rewritten when most of it is out of date. */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, realpath, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { newLocks } from '../engine/locks.js'
import { lockFile } from './fileLock.js'
import { unlessMissing } from './missingFile.js'
import type { Change, Store } from './store.js'

/** The file is rewritten when it is longer than this and than four times what is live in it. */
const rewriteBytesMin = 1024 * 1024

/**
 * One opener at a time, until it closes it or its process ends; another one is refused with StoreInUse. A write that a crash
 * cut off is as if it had never been.
 */
export const fileStore = async (name: string): Promise<Store> => {
  await mkdir(dirname(name), { recursive: true })
  const path = join(await realpath(dirname(name)), basename(name))
  const unlock = await lockFile(path)
  try {
    return await openFile(path, unlock)
  } catch (error) {
    await unlock()
    throw error
  }
}

const openFile = async (path: string, unlock: () => Promise<void>): Promise<Store> => {
  const values = await load(path)
  let file = await rewrite(path, values)
  let size = (await file.stat()).size
  const locks = newLocks()

  const append = async (changes: readonly Change[]): Promise<void> => {
    const line = Buffer.from(`${lineOf(changes)}\n`)
    await file.appendFile(line)
    await file.datasync()
    for (const { key, value } of changes) {
      if (value === undefined) values.delete(key)
      else values.set(key, value.slice())
    }
    size += line.length
    if (size < rewriteBytesMin || size < 4 * liveBytes(values)) return
    await file.close()
    file = await rewrite(path, values)
    size = (await file.stat()).size
  }

  return {
    get: (key) => Promise.resolve(values.get(key)?.slice()),
    keys: (prefix) => Promise.resolve([...values.keys()].filter((key) => key.startsWith(prefix)).sort()),
    write: (changes) => locks.hold('file', () => append(changes)),
    close: () =>
      locks.hold('file', async () => {
        await file.close()
        await unlock()
      }),
  }
}

type Values = Map<string, Uint8Array>

const lineOf = (changes: readonly Change[]): string =>
  JSON.stringify(changes.map(({ key, value }) => [key, value === undefined ? null : toBase64url(value)]))

const liveBytes = (values: Values): number => {
  let bytes = 0
  for (const [key, value] of values) bytes += key.length + (value.length * 4) / 3
  return bytes
}

const load = async (path: string): Promise<Values> => {
  const values: Values = new Map()
  const lines = (await readIfThere(path)).split('\n')
  for (const line of lines.slice(0, -1)) {
    for (const [key, value] of JSON.parse(line) as [string, string | null][]) {
      const bytes = value === null ? undefined : fromBase64url(value)
      if (bytes === undefined) values.delete(key)
      else values.set(key, bytes)
    }
  }
  return values
}

const readIfThere = async (path: string): Promise<string> => (await readFile(path, 'utf8').catch(unlessMissing)) ?? ''

const rewrite = async (path: string, values: Values): Promise<FileHandle> => {
  const temporary = `${path}.new`
  const changes = [...values].map(([key, value]) => ({ key, value }))
  const file = await open(temporary, 'w', 0o600)
  await file.writeFile(changes.length === 0 ? '' : `${lineOf(changes)}\n`)
  await file.sync()
  await file.close()
  await rename(temporary, path)
  await syncDirectory(dirname(path))
  return open(path, constants.O_APPEND | constants.O_RDWR)
}

const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, 'r')
  await directory.sync()
  await directory.close()
}
