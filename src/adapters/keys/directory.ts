/** The keys in a directory (mode 0700): `server/` with the bundle and the root's key, `subjects/` with a file per person. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Keys, NextKey, ServerKeys } from '../../ports/keys.js'
import { keysOf, makeBundle } from './bundle.js'
import { readBundle, writeBundle } from './bundleFile.js'
import { changeBundle } from './changeBundle.js'
import { hasCode, makeDirectory, namesIn, syncDirectory, unlessMissing, writeSynced } from '../durableFiles.js'
import { followed } from './followingKeys.js'
import { subjectKeyFiles } from './subjectKeys.js'

const serverDirectory = 'server'
const bundleFile = 'bundle.json'
/** Beside the bundle, not with it: the bundle may be mounted for reading only. */
const begunFile = 'log-begun'
/** PKCS#8 DER. Only needed to sign another intermediate: it may be moved to a safe place. */
const rootKeyFile = 'root.key'

const fileOf = (directory: string): string => join(directory, serverDirectory, bundleFile)

/** Opens the keys in a directory; undefined when none were made there. Throws on a damaged bundle, and on one that others may read. */
export const openKeys = async (directory: string): Promise<Keys | undefined> => {
  const file = fileOf(directory)
  const text = await unlessMissing(readFile(file, 'utf8'))
  if (text === undefined) return undefined
  if (process.platform !== 'win32' && ((await stat(file)).mode & 0o007) !== 0)
    throw new Error(`the server's keys are open to others: chmod 600 ${file}`)
  const subjects = join(directory, 'subjects')
  const mark = join(directory, begunFile)
  const read = rereading(text)
  return {
    get server() {
      return read.keys()
    },
    reload: async () => {
      read.again(await readFile(file, 'utf8'))
    },
    reloadNow: () => {
      read.again(readFileSync(file, 'utf8'))
    },
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

/** The keys of the text that was read last and holds some. */
const rereading = (first: string) => {
  let text = first
  let keys = keysOf(readBundle(first))
  return {
    keys: (): ServerKeys => keys,
    again: (next: string): void => {
      if (next === text) return
      const found = keysOf(readBundle(next))
      if (found.fingerprint !== keys.fingerprint) throw new Error('the key bundle has become that of another server')
      text = next
      keys = found
    },
  }
}

/**
 * Adds a key to the bundle, durably. Those that are there stay; a server that runs finds it within seconds. Throws an Error where
 * there is no bundle, and for a root's key that is not the root's.
 */
export const addKey = async (directory: string, next: NextKey, now: number): Promise<ServerKeys> => {
  const text = await changeBundle(fileOf(directory), async (before) =>
    writeBundle(await followed(readBundle(before), next, now)),
  )
  return keysOf(readBundle(text))
}

/** The private key of the first root, PKCS#8 DER; undefined where it was taken away. */
export const rootKeyIn = async (directory: string): Promise<Uint8Array | undefined> => {
  const bytes = await unlessMissing(readFile(join(directory, serverDirectory, rootKeyFile)))
  return bytes === undefined ? undefined : new Uint8Array(bytes)
}

/**
 * Makes a new bundle for a domain, durably, and opens it. Where there is one already nothing is made and that one is
 * opened: the directory appears whole, by a rename that fails onto another.
 */
export const initKeys = async (directory: string, domain: Domain, now: number): Promise<Keys> => {
  await makeDirectory(directory)
  const { written, rootPrivateKey } = await makeBundle(domain, now)
  const unfinished = join(directory, `${serverDirectory}.${toBase64url(randomBytes(9))}`)
  await makeDirectory(unfinished)
  await writeSynced(join(unfinished, rootKeyFile), rootPrivateKey)
  await writeSynced(join(unfinished, bundleFile), writeBundle(written))
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
