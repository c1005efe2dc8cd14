// The files that `npm pack` would put into the package, copied beside the dependencies, and what is wrong with them.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { npmProgram } from '../setup/npm.mjs'
import { root } from '../setup/root.mjs'

const mustHave = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/main.js', 'examples/chat.mjs']
const mustNotHave = /^(dist\/checks|test|bench|scripts|src|data)\/|\.test\.|\.tsbuildinfo$|(^|\/)\.(setup|env)/

/** `folder` is the caller's to remove. */
export const packed = () => {
  const files = packedFiles()
  const folder = mkdtempSync(join(tmpdir(), 'homeserver-package-'))
  for (const file of files) cpSync(join(root, file), join(folder, file))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const problems = [
    ...[...mustHave, ...named()].filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...files.filter((file) => mustNotHave.test(file)).map((file) => `${file} does not belong in it`),
  ]
  return { folder, problems: problems.slice(0, 10) }
}

const packedFiles = () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [npmProgram(), 'pack', '--dry-run', '--json', '--ignore-scripts'],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  )
  if (status !== 0) throw new Error(`npm pack: ${stderr}`)
  return JSON.parse(stdout)[0].files.map(({ path }) => path)
}

/** What package.json promises to be there: programs, entry points and their types. */
const named = () => {
  const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return [...Object.values(bin), ...Object.values(exports).flatMap((entry) => Object.values(entry))].map((path) =>
    path.replace(/^\.\//, ''),
  )
}
