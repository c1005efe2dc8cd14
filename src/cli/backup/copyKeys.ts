/** The keys on their way into a backup: last, into a directory of their own, for an erasure must not be undone by whoever has the log. */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { keysThere } from '../../compose/terminal.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { textOfErasures } from '../erasures/file.js'
import { copyDurably, filesIn, unlessGone, writeDurably } from './files.js'

/** What of KEYS_DIR is the keys; the register of erasures is written out as one file. */
const keyEntries = ['server', 'subjects', 'log-begun']
export const erasuresFile = 'erasures.jsonl'

/** Answers how many erasures there are. The register is read last: whoever is erased once their key was copied is in it. Throws StartupProblem. */
export const copyKeys = async (from: string, to: string): Promise<number> => {
  const keys = await keysThere(from)
  if (keys === undefined) throw new StartupProblem(78, `KEYS_DIR ${from} holds no keys`)
  for (const entry of keyEntries) {
    const found = await lstat(join(from, entry)).catch(() => undefined)
    const files = found?.isDirectory() === true ? await filesIn(from, entry) : found === undefined ? [] : [entry]
    for (const file of files) await unlessGone(copyDurably(join(from, file), join(to, file)))
  }
  const entries = await keys.erasures.list()
  await keys.close()
  await writeDurably(join(to, erasuresFile), textOfErasures(keys.server, entries))
  return entries.length
}
