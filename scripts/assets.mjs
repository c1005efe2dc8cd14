// Makes dist what the sources are, where the compiler does not: copies what is not TypeScript (the mocha reporter, golden
// files, pages) beside the compiled code, bundles the chat page, and removes what sources that are gone or renamed left there
// (a test would still run).
import { cpSync, existsSync, rmSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleChat, bundlesOfChat } from './chat.mjs'
import { filesIn } from './setup/root.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const copy = (from, to) => {
  for (const file of filesIn(from))
    if (!/\.ts$|tsconfig.*\.json$/.test(file)) cpSync(file, join(root, to, relative(join(root, from), file)))
}

const removeLeftOvers = () => {
  for (const file of filesIn('dist')) {
    const path = relative(join(root, 'dist'), file)
    if (bundlesOfChat.includes(join('dist', path))) continue
    if (!/(\.tsbuildinfo|\.setup)$/.test(path) && !sourcesOf(path).some((source) => existsSync(join(root, source))))
      rmSync(file)
  }
}

/** What may have become this file of dist: itself, or the TypeScript that it was compiled from. */
const sourcesOf = (path) => {
  const place = path.startsWith(`checks${sep}`) ? path.slice('checks'.length + 1) : join('src', path)
  return [place, place.replace(/(\.js|\.js\.map|\.d\.ts)$/, '.ts')]
}

removeLeftOvers()
copy('src', 'dist')
copy('test', join('dist', 'checks', 'test'))
await bundleChat()
