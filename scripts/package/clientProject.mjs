// A fresh project that has the client's package installed from its tarball, with README's program in it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { npmProgram } from '../setup/npm.mjs'
import { clientTarball } from './clientTarball.mjs'

const mostPackages = 20
const mostBytes = 12 * 1024 * 1024

/** { folder, problems } or { missing: why }. The folder is the caller's to remove. */
export const clientProject = () => {
  const folder = mkdtempSync(join(tmpdir(), 'homeserver-client-use-'))
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}')
  const missing = installInto(folder, clientTarball(folder))
  if (missing !== undefined) {
    rmSync(folder, { recursive: true, force: true })
    return { missing }
  }
  const installed = join(folder, 'node_modules')
  return { folder, problems: [...tooMany(installed), ...tooMuch(installed)] }
}

/** The first JavaScript of the package's README becomes `chat.mjs`, with this server in it. */
export const writeProgram = (folder, server) => {
  const readme = readFileSync(join(folder, 'node_modules', 'mls-homeserver-client', 'README.md'), 'utf8')
  const [, program] = /```js\n([^]*?)```/.exec(readme)
  writeFileSync(join(folder, 'chat.mjs'), program.replace('http://127.0.0.1:8080', server))
}

/** Undefined, or why it cannot be installed here. */
export const installInto = (folder, ...what) => {
  const options = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline']
  const { status, stderr } = spawnSync(process.execPath, [npmProgram(), ...options, ...what], {
    cwd: folder,
    encoding: 'utf8',
  })
  return status === 0 ? undefined : `${what.join(' ')} cannot be installed: ${stderr.trim().split('\n')[0]}`
}

const tooMany = (installed) => {
  const { packages } = JSON.parse(readFileSync(join(installed, '.package-lock.json'), 'utf8'))
  const count = Object.keys(packages).length
  return count > mostPackages ? [`${count} packages are installed, ${mostPackages} may be`] : []
}

const tooMuch = (installed) => {
  const files = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const bytes = files.reduce((sum, file) => sum + statSync(join(file.parentPath ?? file.path, file.name)).size, 0)
  return bytes > mostBytes ? [`${bytes} bytes are installed, ${mostBytes} may be`] : []
}
