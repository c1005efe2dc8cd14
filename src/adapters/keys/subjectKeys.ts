/**
 * One file per person, holding the key that their words are encrypted under; removing the file is the erasure.
 * Nothing is cached: a key is read once per registration and rebuild, and one erased by another process is gone here too.
 */
import { randomBytes } from 'node:crypto'
import { link, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { localPart, makeId } from '../../mls/wire/ids.js'
import type { Domain, UserId } from '../../mls/wire/ids.js'
import { RegisterDamaged } from '../../ports/keys.js'
import type { Erasures, SubjectKeys } from '../../ports/keys.js'
import { onDisk } from '../onDisk.js'
import { hasCode, makeDirectory, namesIn, syncDirectory, unlessMissing, writeSynced } from '../durableFiles.js'
import { hashOfUser } from './receipts.js'

const keyBytes = 32

/** `erasures`: hears of each before its key is gone. */
export const subjectKeyFiles = (directory: string, erasures: Pick<Erasures, 'add'>): SubjectKeys => {
  const get: SubjectKeys['get'] = async (user) => {
    const { path } = placeOf(directory, user)
    const key = await unlessMissing(readFile(path))
    if (key === undefined) return undefined
    if (key.length !== keyBytes) throw new Error(`a subject key is damaged: ${path}`)
    return new Uint8Array(key)
  }

  /** A link fails where there is a file already, so that of two makers one wins and both return its key. */
  const create: SubjectKeys['create'] = async (user) => {
    const known = await get(user)
    if (known !== undefined) return known
    const { shard, path } = placeOf(directory, user)
    await makeDirectory(shard)
    const unfinished = `${path}.${toBase64url(randomBytes(9))}`
    await writeSynced(unfinished, randomBytes(keyBytes))
    try {
      await link(unfinished, path)
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
    }
    await unlink(unfinished)
    await syncDirectory(shard)
    const made = await get(user)
    if (made === undefined) throw new Error('a subject key was erased while it was made')
    return made
  }

  /** What a crash left of its making goes too: it may be the same key under another name. */
  const erase: SubjectKeys['erase'] = async (user, at) => {
    const entered = erasures.add([{ user: hashOfUser(user), at }])
    await entered.catch((error: unknown) => {
      if (!(error instanceof RegisterDamaged)) throw error
    })
    const { shard, name } = placeOf(directory, user)
    const ours = (await namesIn(shard)).filter((found) => found.startsWith(name))
    for (const found of ours) await unlessMissing(unlink(join(shard, found)))
    if (ours.length > 0) await syncDirectory(shard)
    await entered
  }

  const trouble = 'a subject key cannot be read or written'
  return {
    get: (user) => onDisk(trouble, () => get(user)),
    create: (user) => onDisk(trouble, () => create(user)),
    erase: (user, at) => onDisk(trouble, () => erase(user, at)),
  }
}

/** Whose key a file holds, whatever a crash left behind its name; undefined where none has such a name. */
export const userOfKeyFile = (name: string, domain: string): UserId | undefined => {
  const hex = /^[0-9a-f]{32}/.exec(name)?.[0]
  return hex === undefined ? undefined : makeId('user', domain as Domain, Uint8Array.from(Buffer.from(hex, 'hex')))
}

/** Where the key of a user lies, below `subjects`. */
export const keyFileOf = (user: UserId): string => placeOf('', user).path

/** Hexadecimal, because some file systems do not tell capitals apart; 256 shards. */
const placeOf = (directory: string, user: UserId) => {
  const name = Buffer.from(fromBase64url(localPart(user)) ?? []).toString('hex')
  const shard = join(directory, name.slice(0, 2))
  return { shard, name, path: join(shard, name) }
}
