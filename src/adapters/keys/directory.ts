/** The keys in a directory (mode 0700): `server/` with the bundle and the root's key, `subjects/` with a file per person. */
import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Keys, ServerKeys } from '../../ports/keys.js'
import { makeBundle, readBundle, withFederationKey, withLaterFrankKey, writeBundle } from './bundle.js'
import { hasCode, makeDirectory, namesIn, syncDirectory, unlessMissing, writeSynced } from '../durableFiles.js'
import { subjectKeyFiles } from './subjectKeys.js'

const serverDirectory = 'server'
const bundleFile = 'bundle.json'
/** Beside the bundle, not with it: the bundle may be mounted for reading only. */
const begunFile = 'log-begun'
/** PKCS#8 DER. Only needed to sign another intermediate: it may be moved to a safe place. */
const rootKeyFile = 'root.key'

/** Opens the keys in a directory; undefined when none were made there. Throws on a damaged bundle, and on one that others may read. */
export const openKeys = async (directory: string): Promise<Keys | undefined> => {
  const file = join(directory, serverDirectory, bundleFile)
  const text = await unlessMissing(readFile(file, 'utf8'))
  if (text === undefined) return undefined
  if (process.platform !== 'win32' && ((await stat(file)).mode & 0o007) !== 0)
    throw new Error(`the server's keys are open to others: chmod 600 ${file}`)
  const subjects = join(directory, 'subjects')
  const mark = join(directory, begunFile)
  return {
    server: readBundle(text),
    subjects: subjectKeyFiles(subjects),
    // Earlier builds left no mark, but whoever registered left a key.
    begun: async () => (await namesIn(directory)).includes(begunFile) || (await namesIn(subjects)).length > 0,
    noteBegun: async () => {
      if ((await namesIn(directory)).includes(begunFile)) return
      await writeSynced(mark, 'A log was begun with these keys.\n').catch((error: unknown) => {
        if (!hasCode(error, 'EEXIST')) throw error
      })
      await syncDirectory(directory)
    },
    close: () => Promise.resolve(),
  }
}

/**
 * Puts another federation key into the bundle, durably: processes that run publish it, and sign by it, once they start again.
 * `atOnce`: the others end now. Throws where there is no bundle.
 */
export const addFederationKey = (directory: string, now: number, atOnce: boolean): Promise<Keys> =>
  changeBundle(directory, (keys) => withFederationKey(keys, now, atOnce))

/** The same of a frank key, which stamps a day from `now` (ms): those before it check what they stamped. */
export const addFrankKey = (directory: string, now: number): Promise<Keys> =>
  changeBundle(directory, (keys) => withLaterFrankKey(keys, now))

/** Another bundle in place of the one there is, durably. */
const changeBundle = async (directory: string, change: (keys: ServerKeys) => ServerKeys): Promise<Keys> => {
  const opened = await openKeys(directory)
  if (opened === undefined) throw new Error(`there are no keys in ${directory}`)
  const place = join(directory, serverDirectory)
  const unfinished = join(place, `${bundleFile}.${toBase64url(randomBytes(9))}`)
  await writeSynced(unfinished, writeBundle(change(opened.server)))
  await rename(unfinished, join(place, bundleFile))
  await syncDirectory(place)
  const reopened = await openKeys(directory)
  if (reopened === undefined) throw new Error(`the keys are gone from ${directory}`)
  return reopened
}

/**
 * Makes a new bundle for a domain, durably, and opens it. Where there is one already nothing is made and that one is
 * opened: the directory appears whole, by a rename that fails onto another.
 */
export const initKeys = async (directory: string, domain: Domain, now: number): Promise<Keys> => {
  await makeDirectory(directory)
  const { keys, rootPrivateKey } = await makeBundle(domain, now)
  const unfinished = join(directory, `${serverDirectory}.${toBase64url(randomBytes(9))}`)
  await makeDirectory(unfinished)
  await writeSynced(join(unfinished, rootKeyFile), rootPrivateKey)
  await writeSynced(join(unfinished, bundleFile), writeBundle(keys))
  await syncDirectory(unfinished)
  try {
    await rename(unfinished, join(directory, serverDirectory))
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error
  }
  await syncDirectory(directory)
  const opened = await openKeys(directory)
  if (opened === undefined) throw new Error(`the keys just made are not in ${directory}`)
  return opened
}
