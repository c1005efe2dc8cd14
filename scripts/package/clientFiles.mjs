// The files of dist that the SDK's entries reach, and the packages that these import: what the client's package holds and needs.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { root } from '../setup/root.mjs'
import { spelledOut } from './spelledOut.mjs'

const entries = ['dist/client/index.js', 'dist/client/node.js']

/** Paths relative to the clone, of compiled code and declarations; packages by name. */
export const clientFiles = () => {
  const files = new Set()
  const packages = new Set()
  const waiting = entries.flatMap((entry) => [entry, declarationOf(entry)])
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue
    files.add(file)
    for (const name of importsOf(file)) {
      if (name.startsWith('.')) waiting.push(...beside(join(dirname(file), name), file))
      else if (!name.startsWith('node:')) packages.add(packageOf(name))
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() }
}

const importsOf = (file) =>
  ts
    .preProcessFile(spelledOut(file) ?? readFileSync(join(root, file), 'utf8'), true, true)
    .importedFiles.map(({ fileName }) => fileName)

/** What a declaration imports is declared, what code imports is both. */
const beside = (module, from) =>
  from.endsWith('.d.ts')
    ? [declarationOf(module)]
    : [module, declarationOf(module)].filter((file) => existsSync(join(root, file)))

const declarationOf = (module) => module.replace(/\.js$/, '.d.ts')

const packageOf = (name) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
