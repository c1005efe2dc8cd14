/** What lies in a backup, file by file, written last: a directory without it, or with anything else in it, is no backup. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { contentOf, filesIn, isMissing, syncTree, writeDurably } from './files.js'
import type { Content } from './files.js'
import type { Progress } from '../progress.js'

const name = 'manifest.json'
/** Below the backup's directory, and nowhere else. A domain with its port is a directory of assets. */
const path = z.string().regex(/^(?!\.{1,2}(\/|$))[\w.:-]+(\/(?!\.{1,2}(\/|$))[\w.:-]+)*$/)
const whole = z.number().int().nonnegative()
const content = z.strictObject({ bytes: whole, sha256: z.string() })
const common = {
  version: z.literal(1),
  domain: z.string(),
  keysFingerprint: z.string(),
  /** ms since 1970. */
  taken: whole,
  software: z.string(),
  files: z.record(path, content),
}
const manifest = z.discriminatedUnion('format', [
  z.strictObject({
    format: z.literal('mls-homeserver-backup'),
    ...common,
    log: z.strictObject({ id: z.string(), head: whole, events: whole }),
  }),
  z.strictObject({ format: z.literal('mls-homeserver-keys-backup'), ...common }),
])
/** Of the log and its blobs, or of keys. */
export type Manifest = z.infer<typeof manifest>
export type ManifestOf<Format extends Manifest['format']> = Extract<Manifest, { readonly format: Format }>
type About = Manifest extends infer Each ? (Each extends Manifest ? Omit<Each, 'files'> : never) : never

/** A backup that is cut, changed, or none. */
export class BadBackup extends Error {
  override readonly name = 'BadBackup'
}

/** Hashes everything in a directory and writes down what is there. Throws BadBackup for a blob that is not what its name says. */
export const writeManifest = async (directory: string, about: About, progress: Progress): Promise<void> => {
  const files: Record<string, Content> = {}
  for (const file of await filesIn(directory)) {
    progress.say(`hashing ${file}`)
    const found = await contentOf(join(directory, file))
    if (!isItself(file, found)) throw new BadBackup(`the bytes of the blob ${file} are not its own`)
    files[file] = found
  }
  const text = JSON.stringify({ ...about, files }, undefined, 1)
  await writeDurably(join(directory, name), `${text}\n${hashOf(text)}\n`)
  await syncTree(directory)
}

/** A blob is named by its digest. */
const isItself = (file: string, { sha256 }: Content): boolean =>
  !file.startsWith('blobs/') || file.endsWith(`/${sha256}`)

/** Reads it, and holds every file against it. Throws BadBackup. */
export const readManifest = async <Format extends Manifest['format']>(
  directory: string,
  format: Format,
  progress: Progress,
): Promise<ManifestOf<Format>> => {
  const read = await parseManifest(directory)
  if (!isOf(read, format)) throw new BadBackup(`${directory} is ${read.format}, not ${format}`)
  const found = (await filesIn(directory)).filter((file) => file !== name)
  const stranger = found.find((file) => !Object.hasOwn(read.files, file))
  if (stranger !== undefined)
    throw new BadBackup(`${join(directory, stranger)} was not backed up: the manifest has no such file`)
  for (const [file, content] of Object.entries(read.files)) {
    progress.say(`holding ${file} against the manifest`)
    if (!found.includes(file)) throw new BadBackup(`${join(directory, file)} is missing`)
    if (!isSame(content, await contentOf(join(directory, file))))
      throw new BadBackup(`${join(directory, file)} is not what was backed up`)
  }
  return read
}

export const isSame = (one: Content, other: Content): boolean =>
  one.bytes === other.bytes && one.sha256 === other.sha256

const isOf = <Format extends Manifest['format']>(read: Manifest, format: Format): read is ManifestOf<Format> =>
  read.format === format

const parseManifest = async (directory: string): Promise<Manifest> => {
  const whole = await textOf(join(directory, name))
  const [text, hash] = /^(.*)\n(.*)\n$/s.exec(whole)?.slice(1) ?? []
  if (text === undefined || hash !== hashOf(text)) throw new BadBackup(`${join(directory, name)} is cut or changed`)
  const parsed = manifest.safeParse(JSON.parse(text))
  if (!parsed.success)
    throw new BadBackup(`${join(directory, name)} is no manifest of a backup that this version knows`)
  return parsed.data
}

const textOf = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) throw new BadBackup(`${file} is missing: this is no whole backup`)
    throw error
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')
