/** The files of assets on the way into a backup, twice: what was replaced or taken away between the two is so in the copy too. */
import { rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../../compose/settings/config.js'
import { copyDurably, filesIn, isMissing, unlessGone } from './files.js'
import type { Progress } from '../progress.js'

/**
 * Before the log is copied, and again after it. The parts of an upload that began anew are those of the second time; an asset
 * that was removed as a whole stays as it was: the copy of the log may promise it yet.
 */
export const assetCopy = ({ dataDir, s3 }: Config, data: string, progress: Progress) => {
  const [from, to] = [join(dataDir, 'assets', 'parts'), join(data, 'assets', 'parts')]
  const copied = new Map<string, string>()
  const copyOne = async (file: string): Promise<void> => {
    const seen = await stampOf(join(from, file))
    if (seen === undefined || copied.get(file) === seen) return
    await rm(join(to, file), { force: true })
    await unlessGone(copyDurably(join(from, file), join(to, file)))
    copied.set(file, seen)
  }
  const copy = async (): Promise<void> => {
    if (s3 !== undefined) return
    const files = await filesIn(from)
    for (const [n, file] of files.entries()) {
      progress.say(`copying assets: part ${n}`)
      await copyOne(file)
    }
    const [there, assets] = [new Set(files), new Set(files.map((file) => dirname(file)))]
    for (const file of copied.keys())
      if (!there.has(file) && assets.has(dirname(file))) await rm(join(to, file), { force: true })
  }
  return { copy }
}

/** Differs once a file is another: a part is replaced, never written into. */
const stampOf = async (path: string): Promise<string | undefined> => {
  try {
    const { ino, mtimeMs, size } = await stat(path)
    return [ino, mtimeMs, size].join()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
