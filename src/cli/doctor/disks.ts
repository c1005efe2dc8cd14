/** The disks that the server writes to: is there room? */
import type { Config } from '../../compose/settings/config.js'
import { diskOf } from '../../compose/stores/sizes.js'
import { good, note, wrong } from './finding.js'
import type { Finding, Look } from './finding.js'

/** Below this an append of any size may find no room. */
const fullBytes = 64e6
const lowPart = 0.1

export async function* lookAtDisks({ dataDir, keysDir }: Pick<Config, 'dataDir' | 'keysDir'>): Look {
  yield await lookAtDisk('DATA_DIR', dataDir)
  yield await lookAtDisk('KEYS_DIR', keysDir)
}

const lookAtDisk = async (setting: string, directory: string): Promise<Finding> => {
  const { bavail, bsize, blocks, files, ffree } = await diskOf(directory)
  const [free, all] = [bavail * bsize, blocks * bsize]
  const what = `disk: ${setting} ${directory} has ${sizeOf(free)} free of ${sizeOf(all)}`
  if (files > 0 && ffree === 0) return wrong(74, `${what}, and room for no file more`, 'remove files there (The disk)')
  if (free < fullBytes) return wrong(74, `${what}: it is full`, 'make room there, or move to another disk (The disk)')
  return free < all * lowPart ? note(what, 'make room before it is full (What grows for ever)') : good(what)
}

/** For people: `1.5 GB`. */
export const sizeOf = (bytes: number): string => {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return `${(bytes / 1000 ** unit).toFixed(unit === 0 ? 0 : 1)} ${units[unit] ?? ''}`
}
