/** Changes of the bundle's file: each whole or not at all, one after the other, none lost to another that was made meanwhile. */
import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { hasCode, namesIn, syncDirectory, unlessMissing, writeSynced } from '../durableFiles.js'

/** `change` gets the text and answers another; resolves with that once it is durable. Throws an Error where there is no file. */
export const changeBundle = async (file: string, change: (text: string) => Promise<string>): Promise<string> => {
  const text = await unlessMissing(readFile(file, 'utf8'))
  if (text === undefined) throw new Error(`there are no keys at ${file}`)
  return alone(`${file}.lock`, async () => {
    await removeUnfinished(file)
    const changed = await change(await readFile(file, 'utf8'))
    const unfinished = `${file}.${toBase64url(randomBytes(9))}`
    await writeSynced(unfinished, changed)
    await rename(unfinished, file)
    await syncDirectory(dirname(file))
    return changed
  })
}

/** What a crash left beside it has secrets in it. */
const removeUnfinished = async (file: string): Promise<void> => {
  const place = dirname(file)
  const left = (await namesIn(place)).filter((name) => /\.[A-Za-z0-9_-]{12}$/.test(name))
  for (const name of left) if (name.startsWith(`${basename(file)}.`)) await rm(join(place, name), { force: true })
}

/** A change takes no longer: a lock that is older was left by a crash. */
const staleMs = 60_000

const alone = async <T>(lock: string, work: () => Promise<T>): Promise<T> => {
  await writeSynced(lock, '').catch(async (error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error
    const made = (await unlessMissing(stat(lock)))?.mtimeMs ?? 0
    if (Date.now() - made < staleMs) throw new Error('the keys are being changed: try again in a minute')
    await rm(lock, { force: true })
    await writeSynced(lock, '')
  })
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}
