// A copy of what the tests need, in which one compiled module at a time is replaced by a broken one. Compiled files are
// links to ours, so that a copy costs nothing; a module is unlinked before it is written.
import { transformSync } from 'esbuild'
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { filesIn, root } from '../setup/root.mjs'

/** It lives beside ours' dependencies, which makes links possible; tests look for vectors in `../shared`. */
export const brokenCopy = () => {
  mkdirSync(join(root, 'node_modules', '.cache'), { recursive: true })
  const parent = mkdtempSync(join(root, 'node_modules', '.cache', 'mutants-'))
  const folder = join(parent, 'copy')
  mkdirSync(folder)
  for (const name of readdirSync(root)) copyEntry(name, folder)
  for (const file of filesIn('dist')) linkInto(folder, file)
  const shared = join(dirname(root), 'shared')
  if (existsSync(shared)) symlinkSync(shared, join(parent, 'shared'))
  let broken
  return {
    folder,
    /** Says what is wrong with the edit, if anything. */
    breakIn: (file, find, replace) => {
      const path = join(root, file)
      if (!existsSync(path)) return `NO SUCH FILE`
      const source = readFileSync(path, 'utf8')
      const found = source.split(find).length - 1
      if (found !== 1) return `FOUND ${found} TIMES`
      broken = file.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js')
      unlinkSync(join(folder, broken))
      writeFileSync(join(folder, broken), compiled(source.replace(find, () => replace)))
      return undefined
    },
    mend: () => {
      unlinkSync(join(folder, broken))
      linkSync(join(root, broken), join(folder, broken))
    },
    remove: () => rmSync(parent, { recursive: true, force: true }),
  }
}

/** Sources are only read; the rest is small, and copied so that a module in it finds the broken code. */
const copyEntry = (name, folder) => {
  if (['.git', 'dist', 'data', '.setup.lock'].includes(name)) return
  const linked = ['node_modules', 'src', 'test', 'bench', 'demo'].includes(name)
  if (linked) symlinkSync(join(root, name), join(folder, name))
  else cpSync(join(root, name), join(folder, name), { recursive: true })
}

const linkInto = (folder, file) => {
  const copy = join(folder, file.slice(root.length))
  mkdirSync(dirname(copy), { recursive: true })
  linkSync(file, copy)
}

const compiled = (source) =>
  transformSync(source, {
    loader: 'ts',
    format: 'esm',
    target: 'es2023',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  }).code
