// Copies what the compiler leaves out (the mocha reporter, golden files, pages) beside the compiled code.
import { cpSync, existsSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const copy = (from, to) => {
  if (!existsSync(join(root, from))) return
  for (const entry of readdirSync(join(root, from), { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath ?? entry.path, entry.name)
    if (!entry.isFile() || /\.ts$|tsconfig.*\.json$/.test(entry.name)) continue
    cpSync(file, join(root, to, relative(join(root, from), file)))
  }
}
copy('src', 'dist')
copy('test', 'dist/checks/test')
