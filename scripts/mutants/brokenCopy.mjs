// A copy of what the tests need, in which one compiled module at a time is replaced by a broken one.
import { transformSync } from 'esbuild'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from '../setup/root.mjs'

/** The caller removes it. Tests look for vectors in `../shared`. */
export const brokenCopy = () => {
  const parent = mkdtempSync(join(tmpdir(), 'mutants-'))
  const folder = join(parent, 'copy')
  mkdirSync(folder)
  for (const name of readdirSync(root)) copyEntry(name, folder)
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
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
      const code = compiled(source.replace(find, () => replace))
      if (code === undefined) return 'DOES NOT COMPILE'
      broken = file.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js')
      writeFileSync(join(folder, broken), code)
      return undefined
    },
    mend: () => copyFileSync(join(root, broken), join(folder, broken)),
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

const compiled = (source) => {
  try {
    return transformSync(source, {
      loader: 'ts',
      format: 'esm',
      target: 'es2023',
      logLevel: 'silent',
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    }).code
  } catch {
    return undefined
  }
}
