/** A backup and the earlier ones that it goes on from, and which of their files were there when it was taken. */
import { dirname, join, relative, resolve } from 'node:path'
import { parseAssetId } from '../../mls/wire/ids.js'
import type { AssetId } from '../../mls/wire/ids.js'
import { BadBackup, readManifest } from './manifest.js'
import type { LogManifest } from './manifest.js'

export type Link = { readonly directory: string; readonly manifest: LogManifest; readonly sha256: string }
/** Oldest first. */
export type Chain = readonly [Link, ...Link[]]

/** Reads the manifests of a backup and of those before it, each held against the next. Throws BadBackup. */
export const readChain = async (directory: string): Promise<Chain> => {
  const last = await linkAt(directory)
  let chain: Chain = [last]
  for (let link = last; link.manifest.onto !== undefined;) {
    const { place, manifest: sha256 } = link.manifest.onto
    const before = await linkAt(resolve(dirname(link.directory), place))
    const why = before.sha256 === sha256 ? mismatchOf(before.manifest, link.manifest) : 'is another one, or was changed'
    if (why !== undefined)
      throw new BadBackup(`${link.directory} was taken onto a backup that stood at ${before.directory}, which ${why}`)
    chain = [before, ...chain]
    link = before
  }
  const [first] = chain
  if (first.manifest.log.from !== 0)
    throw new BadBackup(`${first.directory} begins in the middle of a log, and names no earlier backup`)
  return chain
}

const linkAt = async (directory: string): Promise<Link> => ({
  directory,
  ...(await readManifest(directory, 'mls-homeserver-backup')),
})

const mismatchOf = (before: LogManifest, after: LogManifest): string | undefined => {
  if (before.log.id !== after.log.id) return `is of the log ${before.log.id}, and not of ${after.log.id}`
  if (before.domain !== after.domain) return `is of ${before.domain}, and not of ${after.domain}`
  if (before.keysFingerprint !== after.keysFingerprint) return 'is of a server with other keys'
  return before.log.to === after.log.from ? undefined : `ends at ${before.log.to}, and not at ${after.log.from}`
}

/** How a backup at `directory` names one to go on from. */
export const placeFrom = (directory: string, earlier: string): string => relative(dirname(directory), earlier)

export const lastOf = (chain: Chain): Link => chain.at(-1) ?? chain[0]

/** Where each file lies that was there at the end; the logs of all of them too. */
export const filesOf = (chain: Chain): ReadonlyMap<string, Link> => {
  const files = new Map<string, Link>()
  for (const link of chain) {
    for (const file of link.manifest.gone) files.delete(file)
    for (const file of Object.keys(link.manifest.files)) files.set(file, link)
  }
  return files
}

/** The blobs and assets among files, as they are called in their stores. */
export const blobIn = (file: string): string | undefined => /^blobs\/.\/.\/(.+)$/.exec(file)?.[1]
export const assetIn = (file: string): AssetId | undefined => {
  const [, domain, local] = /^assets\/parts\/([^/]+)\/.\/.\/([^/]+)\/[0-9]+$/.exec(file) ?? []
  return domain === undefined || local === undefined ? undefined : parseAssetId(`mimi://${domain}/a/${local}`)
}

export const logOf = ({ directory }: Link): string => join(directory, logFile)
export const logFile = 'log.jsonl'
