// Finds a server that speaks S3 for tests: VERSITYGW names one, else versitygw is made with Go, or where there is no Go moto is
// installed with pip, into folders of their own (never shipped, never needed to run the server). And the SDK, where it is missing.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npmProgram } from './setup/npm.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = join(root, 'node_modules', '.cache')
const versitygw = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0'
const moto = 'moto[server]==5.2.5'

/** { name, command: [program, …arguments] to which the port is given as PORT and a directory as DIRECTORY }, or { missing: why }. */
export const findS3Server = () => {
  const named = process.env.VERSITYGW
  if (named !== undefined) return versity(named)
  const made = installOnce(
    join(cache, 'versitygw-1.8.0'),
    'versitygw',
    `making ${versitygw} with Go (some minutes)`,
    makeVersity,
  )
  if (made.path !== undefined) return versity(made.path)
  process.stderr.write(`s3: ${made.missing}; moto instead\n`)
  const python = ['python3', 'python'].find((name) => runs(name, ['-m', 'pip', '--version']))
  if (python === undefined) return { missing: `${made.missing}, and Python's pip is not here to install moto` }
  const installed = installOnce(
    join(cache, 'moto-5.2.5'),
    join('bin', 'moto_server'),
    `installing ${moto} with pip`,
    (folder) =>
      spawnSync(
        python,
        ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', folder, moto],
        quiet,
      ),
  )
  if (installed.path === undefined) return { missing: `${made.missing}; ${installed.missing}` }
  const command = [python, installed.path, '-H', '127.0.0.1', '-p', 'PORT']
  return { name: moto, command, env: { PYTHONPATH: dirname(dirname(installed.path)) } }
}

const versity = (program) => ({
  name: 'versitygw 1.8.0',
  command: [program, '--port', '127.0.0.1:PORT', 'posix', 'DIRECTORY'],
  env: {},
})

const quiet = { encoding: 'utf8' }
const runs = (program, args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0

const makeVersity = (folder) =>
  spawnSync('go', ['install', versitygw], { ...quiet, env: { ...process.env, GOBIN: folder } })

/** Into a folder beside, then renamed: a half-made one is never taken for whole. */
const installOnce = (folder, file, what, make) => {
  if (existsSync(join(folder, file))) return { path: join(folder, file) }
  const making = `${folder}.${process.pid}`
  mkdirSync(making, { recursive: true })
  process.stderr.write(`s3: ${what}\n`)
  try {
    const { status, stderr, error } = make(making)
    if (status !== 0) return { missing: `${what} failed: ${error?.message ?? lastLine(stderr)}` }
    if (!existsSync(folder)) renameSync(making, folder)
    return { path: join(folder, file) }
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

const lastLine = (text) => text.trim().split('\n').at(-1) ?? ''

/** Installs the SDK beside the other packages unless it is there, and notes it nowhere; undefined, or why it cannot be had. */
export const installSdk = async () => {
  const { sdkInstall } = await import(join(root, 'dist', 'adapters', 's3', 'sdk.js'))
  const sdk = sdkInstall.split(' ').at(-1)
  try {
    createRequire(import.meta.url).resolve('@aws-sdk/client-s3')
    return undefined
  } catch {
    process.stderr.write(`s3: installing ${sdk}\n`)
    const options = ['--no-save', '--save-prod', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const { status, stderr } = spawnSync(process.execPath, [npmProgram(), 'install', ...options, sdk], {
      ...quiet,
      cwd: root,
    })
    return status === 0 ? undefined : `npm could not install ${sdk}: ${lastLine(stderr)}`
  }
}
