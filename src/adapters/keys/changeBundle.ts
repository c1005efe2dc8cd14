/** Changes of the bundle's file: each whole or not at all, one after the other, none lost to another that was made meanwhile. */
import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { hasCode, namesIn, syncDirectory, unlessMissing, writeSynced } from '../durableFiles.js'

/** `change` gets the text and answers another; resolves with that once it is durable. Throws an Error where there is no file. */
export const changeBundle = async (file: string, change: (text: string) => Promise<string>): Promise<string> => {
  const text = await unlessMissing(readFile(file, 'utf8'))
  if (text === undefined) throw new Error(`there are no keys at ${file}`)
  return alone(`${file}.lock`, async (isHeld) => {
    await removeUnfinished(file)
    const changed = await change(await readFile(file, 'utf8'))
    const unfinished = `${file}.${toBase64url(randomBytes(9))}`
    await writeSynced(unfinished, changed)
    if (!(await isHeld())) throw beingChanged()
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

const beingChanged = (): Error => new Error('the keys are being changed: try again in a minute')

/** A lock is whose mark it holds: who took too long, and lost it to another, changes nothing. */
const alone = async <T>(lock: string, work: (isHeld: () => Promise<boolean>) => Promise<T>): Promise<T> => {
  const mark = toBase64url(randomBytes(9))
  await take(lock, mark)
  const isHeld = async (): Promise<boolean> => (await unlessMissing(readFile(lock, 'utf8'))) === mark
  try {
    return await work(isHeld)
  } finally {
    if (await isHeld()) await rm(lock, { force: true })
  }
}

const take = async (lock: string, mark: string): Promise<void> => {
  if (await isMade(lock, mark)) return
  await breakStale(lock)
  if (!(await isMade(lock, mark))) throw beingChanged()
}

const isMade = async (lock: string, mark: string): Promise<boolean> => {
  try {
    await writeSynced(lock, mark)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Of all who find it old one gets it by the rename. Who gets another by it, which was made meanwhile, puts that back. */
const breakStale = async (lock: string): Promise<void> => {
  if (await isFresh(lock)) throw beingChanged()
  const aside = `${lock}.${toBase64url(randomBytes(9))}`
  await unlessMissing(rename(lock, aside))
  const mistaken = await isFresh(aside)
  if (mistaken)
    await link(aside, lock).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error
    })
  await rm(aside, { force: true })
  if (mistaken) throw beingChanged()
}

const isFresh = async (lock: string): Promise<boolean> => {
  const made = (await unlessMissing(stat(lock)))?.mtimeMs
  return made !== undefined && Math.abs(Date.now() - made) < staleMs
}
