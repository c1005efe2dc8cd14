// Makes a fresh clone ready to run: installs what package-lock.json names and compiles, each only when something changed.
// It has no dependencies, writes to stderr alone, and needs no network when nothing changed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const lock = join(root, '.setup.lock')
const say = (line) => process.stderr.write(`setup: ${line}\n`)

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  say(`Node ${process.versions.node} is too old: 20.19 or newer is needed`)
  process.exit(1)
}

const alive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

/** Takes the lock directory, waiting for its holder; a holder whose process is gone (or that never wrote its pid) is robbed. */
const takeLock = () => {
  for (let told = false; ; sleep(100)) {
    try {
      mkdirSync(lock)
      writeFileSync(join(lock, 'pid'), String(process.pid))
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    let stale
    try {
      stale = !alive(Number(readFileSync(join(lock, 'pid'), 'utf8')))
    } catch {
      stale = existsSync(lock) && Date.now() - statSync(lock, { throwIfNoEntry: false })?.mtimeMs > 5000
    }
    if (stale) rmSync(lock, { recursive: true, force: true })
    else if (!told) {
      say('waiting for another set-up of this folder')
      told = true
    }
  }
}

const filesIn = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()

const hashOf = (files, ...extra) => {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0')
  return hash.update(extra.join('\0')).digest('hex')
}

const stampIs = (file, value) => existsSync(file) && readFileSync(file, 'utf8') === value

const run = (what, command, args) => {
  say(what)
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (error !== undefined) say(String(error))
  if (status !== 0) {
    rmSync(lock, { recursive: true, force: true })
    say(`failed: ${command} ${args.join(' ')}`)
    process.exit(1)
  }
}

takeLock()
process.on('exit', () => rmSync(lock, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))

const installed = join(root, 'node_modules', '.setup')
const wantedInstall = hashOf([join(root, 'package-lock.json')], String(major), process.platform, process.arch)
if (!stampIs(installed, wantedInstall)) {
  run('installing dependencies', 'npm', ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'])
  writeFileSync(installed, wantedInstall)
}

const compiled = join(root, 'dist', '.setup')
const sources = ['src', 'test', 'bench', 'demo'].filter((folder) => existsSync(join(root, folder))).flatMap(filesIn)
const configs = [
  'tsconfig.json',
  'tsconfig.base.json',
  'tsconfig.src.json',
  'tsconfig.checks.json',
  'package.json',
].map((name) => join(root, name))
const wantedBuild = hashOf([...sources, ...configs], wantedInstall)
if (!stampIs(compiled, wantedBuild)) {
  run('compiling', process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'])
  run('copying what is not TypeScript', process.execPath, [join(root, 'scripts', 'assets.mjs')])
  writeFileSync(compiled, wantedBuild)
}
