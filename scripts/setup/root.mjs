// Where the clone is, and the fingerprints by which set-up knows that nothing changed.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export const hashOf = (files, ...extra) => {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0')
  return hash.update(extra.join('\0')).digest('hex')
}

/** The files in a folder of the clone, sorted; none when it is not there. */
export const filesIn = (folder) => {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

export const stampIs = (file, value) => existsSync(file) && readFileSync(file, 'utf8') === value

/** Written beside and renamed: there is never half a stamp. */
export const stamp = (file, value) => {
  writeFileSync(`${file}.new`, value)
  renameSync(`${file}.new`, file)
}
