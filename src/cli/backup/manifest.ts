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
  version: z.literal(2),
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
    /** Its events stand above `from`, up to `to`. `digest`: of the whole log up to `to` (events/logDigest.ts). */
    log: z.strictObject({ id: z.string(), from: whole, to: whole, events: whole, digest: z.string() }),
    /** The earlier backup that this one goes on from: where it lies from here, and the SHA-256 of its manifest. */
    onto: z.strictObject({ place: z.string(), manifest: z.string() }).optional(),
    /** Files of earlier backups that were not there any more. */
    gone: z.array(path),
    /** elsewhere: whoever took it looks after the bytes of assets otherwise. */
    assets: z.enum(['here', 'elsewhere']),
    counts: z.strictObject({ blobs: whole, assets: whole }),
  }),
  z.strictObject({ format: z.literal('mls-homeserver-keys-backup'), ...common, erasures: whole }),
])
/** Of the log and its blobs, or of keys. */
export type Manifest = z.infer<typeof manifest>
export type ManifestOf<Format extends Manifest['format']> = Extract<Manifest, { readonly format: Format }>
export type LogManifest = ManifestOf<'mls-homeserver-backup'>
export type KeysManifest = ManifestOf<'mls-homeserver-keys-backup'>
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

/** A manifest, and the SHA-256 by which another one names it. */
export type Read<Of extends Manifest> = { readonly manifest: Of; readonly sha256: string }

/** Reads it, without the files. Throws BadBackup. */
export const readManifest = async <Format extends Manifest['format']>(
  directory: string,
  format: Format,
): Promise<Read<ManifestOf<Format>>> => {
  const file = join(directory, name)
  const [text, sha256] = /^(.*)\n(.*)\n$/s.exec(await textOf(file))?.slice(1) ?? []
  if (text === undefined || sha256 === undefined || sha256 !== hashOf(text))
    throw new BadBackup(`${file} is cut or changed`)
  const parsed = manifest.safeParse(JSON.parse(text))
  if (!parsed.success) throw new BadBackup(`${file} is no manifest of a backup that this version knows`)
  const read: Manifest = parsed.data
  if (!isOf(read, format)) throw new BadBackup(`${directory} is ${read.format}, not ${format}`)
  return { manifest: read, sha256 }
}

/** Holds every file of a backup against its manifest. Throws BadBackup. */
export const holdFiles = async (directory: string, { files }: Manifest, progress: Progress): Promise<void> => {
  const found = new Set((await filesIn(directory)).filter((file) => file !== name))
  const stranger = [...found].find((file) => !Object.hasOwn(files, file))
  if (stranger !== undefined)
    throw new BadBackup(`${join(directory, stranger)} was not backed up: the manifest has no such file`)
  for (const [file, content] of Object.entries(files)) {
    progress.say(`holding ${file} against the manifest`)
    if (!found.has(file)) throw new BadBackup(`${join(directory, file)} is missing`)
    await holdFile(directory, file, content)
  }
}

/** The same of one file. */
export const holdFile = async (directory: string, file: string, content: Content | undefined): Promise<void> => {
  if (content === undefined || !isSame(content, await contentOf(join(directory, file))))
    throw new BadBackup(`${join(directory, file)} is not what was backed up`)
}

const isSame = (one: Content, other: Content): boolean => one.bytes === other.bytes && one.sha256 === other.sha256

const isOf = <Format extends Manifest['format']>(read: Manifest, format: Format): read is ManifestOf<Format> =>
  read.format === format

const textOf = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) throw new BadBackup(`${file} is missing: this is no whole backup`)
    throw error
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')
