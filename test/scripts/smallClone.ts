/** A clone small enough to set up in a test without a registry: our scripts around one source file and one linked package. */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

export type SmallClone = {
  readonly folder: string
  readonly write: (path: string, text: string) => void
  /** Runs one of its scripts, as a user of that id when one is given. */
  readonly run: (
    args: readonly string[],
    options?: { readonly env?: NodeJS.ProcessEnv; readonly uid?: number },
  ) => Promise<Ran>
  readonly remove: () => void
}

const project = (rootDir: string, outDir: string, include: string): string =>
  JSON.stringify({
    compilerOptions: {
      composite: true,
      module: 'nodenext',
      types: [],
      sourceMap: true,
      rootDir,
      outDir,
      tsBuildInfoFile: `${outDir}/.tsbuildinfo`,
    },
    include: [include],
  })

/** `packages` are the names of packages of ours to install, as links to where ours are. */
export const smallClone = (packages: readonly string[] = ['typescript']): SmallClone => {
  const folder = mkdtempSync(join(tmpdir(), 'small-clone-'))
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true })
  const dependencies = Object.fromEntries(packages.map((name) => [name, `file:linked/${name}`]))
  const description = { name: 'small', version: '1.0.0', type: 'module', dependencies }
  write('package.json', JSON.stringify(description))
  write('package-lock.json', lockOf(description, packages))
  for (const name of packages) {
    cpSync(join(root, 'node_modules', name), join(folder, 'linked', name), { recursive: true })
    // Without what it needs to be made, which npm would look for.
    write(`linked/${name}/package.json`, JSON.stringify({ name, version: '0.0.0' }))
  }
  write(
    'tsconfig.json',
    JSON.stringify({ files: [], references: [{ path: './tsconfig.src.json' }, { path: './tsconfig.checks.json' }] }),
  )
  write('tsconfig.base.json', '{}')
  write('tsconfig.src.json', project('src', 'dist', 'src/**/*.ts'))
  write('tsconfig.checks.json', project('.', 'dist/checks', 'test/**/*.ts'))
  write(
    'src/main.ts',
    'declare const process: { argv: string[]; pid: number }\nexport {}\nconsole.log(`started with ${process.argv.slice(2).join()}`)\n',
  )
  write('test/one.ts', 'export const one = 1\n')
  return {
    folder,
    write,
    run: (args, options) => run(folder, args, options),
    remove: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const lockOf = (description: object, packages: readonly string[]): string => {
  const linked = packages.flatMap((name) => [
    [`linked/${name}`, { version: '0.0.0' }],
    [`node_modules/${name}`, { resolved: `linked/${name}`, link: true }],
  ])
  return JSON.stringify({
    ...description,
    lockfileVersion: 3,
    requires: true,
    packages: { '': description, ...(Object.fromEntries(linked) as object) },
  })
}

const run: (
  folder: string,
  args: readonly string[],
  options?: { readonly env?: NodeJS.ProcessEnv; readonly uid?: number },
) => Promise<Ran> = (folder, args, { env = {}, uid } = {}) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [...args], {
      cwd: folder,
      env: { ...process.env, npm_config_offline: 'true', ...env },
      ...(uid === undefined ? {} : { uid }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    child.on('close', (code) => {
      resolve({ code, out, err })
    })
  })
