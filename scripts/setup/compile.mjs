// Compiles the server, and where wanted its tests, demo and benchmarks; and tells whether what is compiled is whole.
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { wantedInstall } from './install.mjs'
import { filesIn, hashOf, root, stamp, stampIs } from './root.mjs'
import { run } from './run.mjs'

const parts = {
  server: { project: 'tsconfig.src.json', sources: ['src'], stampFile: join(root, 'dist', '.setup') },
  everything: {
    project: 'tsconfig.checks.json',
    sources: ['src', 'test', 'bench', 'demo'],
    stampFile: join(root, 'dist', 'checks', '.setup'),
  },
}
const configs = ['tsconfig.json', 'tsconfig.base.json', 'tsconfig.src.json', 'tsconfig.checks.json', 'package.json']

/** Also false when a compiled file went missing. */
export const isCompiled = (what) => {
  const part = parts[what]
  return stampIs(part.stampFile, wantedBuild(part)) && part.sources.flatMap(outputsOf).every((file) => existsSync(file))
}

export const compile = async (what) => {
  const names = what === 'server' ? ['server'] : ['server', 'everything']
  for (const [index, name] of names.entries()) {
    const part = parts[name]
    if (isCompiled(name)) continue
    rmSync(part.stampFile, { force: true })
    const files = part.sources.flatMap(outputsOf)
    await run({
      what: `compiling ${index + 1} of ${names.length}: ${name === 'server' ? 'the server' : 'tests, demo, benchmarks'}`,
      args: [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', part.project, ...forced(files)],
    })
    await run({ what: 'copying what is not TypeScript', args: [join(root, 'scripts', 'assets.mjs')] })
    stamp(part.stampFile, wantedBuild(part))
  }
}

/** The compiler trusts its notes of the last run, also when what it wrote then is gone. */
const forced = (files) => (files.every((file) => existsSync(file)) ? [] : ['--force'])

const wantedBuild = ({ sources }) =>
  hashOf([...sources.flatMap(filesIn), ...configs.map((name) => join(root, name))], wantedInstall())

const outputsOf = (folder) =>
  filesIn(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => join(root, 'dist', placeOf(folder, file.slice(root.length + 1))).replace(/\.ts$/, '.js'))

const placeOf = (folder, path) => (folder === 'src' ? path.slice('src/'.length) : join('checks', path))
