// Where the tools of the parts are installed: beside the repository's own packages, once for each list of versions.
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { npmProgram } from '../setup/npm.mjs'
import { root } from '../setup/root.mjs'
import { CannotHave } from './cannotHave.mjs'
import { outputOf } from './program.mjs'

export const given = (...path) => join(root, 'test', 'interop', ...path)

export const example = (...path) => join(root, 'examples', ...path)

export const cache = join(root, 'node_modules', '.cache', 'interop')

/** The folder with the packages that a lock file names. */
export const npmTools = (part) =>
  installed(part, given(part, 'package-lock.json'), async (folder) => {
    for (const file of ['package.json', 'package-lock.json']) cpSync(given(part, file), join(folder, file))
    await outputOf(process.execPath, [npmProgram(), 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
    })
  })

/** The folder of programs of a Python environment with the packages that requirements.txt names. */
export const pythonTools = async (part, requirements = given(part, 'requirements.txt')) => {
  const python = process.env['PYTHON'] ?? 'python3'
  await outputOf(python, ['-c', 'import sys, venv, ensurepip; assert sys.version_info >= (3, 11)']).catch(() => {
    throw new CannotHave(`${python} 3.11 or newer with venv is not here`)
  })
  const pip = ['-m', 'pip', 'install', '--quiet', '-r', requirements]
  // An environment holds its own path: it is made where it stays.
  const folder = join(cache, `${part}-${hashOf(requirements)}`)
  const bin = join(folder, 'venv', process.platform === 'win32' ? 'Scripts' : 'bin')
  if (existsSync(join(folder, 'whole'))) return bin
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await outputOf(python, ['-m', 'venv', join(folder, 'venv')])
  await outputOf(join(bin, 'python'), pip).catch((error) => {
    throw new CannotHave(`its packages cannot be had: ${lastLine(error)}`)
  })
  mkdirSync(join(folder, 'whole'))
  return bin
}

const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12)

export const lastLine = ({ message }) =>
  message
    .trim()
    .split('\n')
    .filter((line) => !line.includes('A complete log of this run'))
    .at(-1)

/** Made beside and renamed: what is there is whole. */
const installed = async (part, lock, install) => {
  const folder = join(cache, `${part}-${hashOf(lock)}`)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const made = mkdtempSync(`${folder}-`)
  try {
    await install(made)
    renameSync(made, folder)
    return folder
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    throw new CannotHave(`its packages cannot be had: ${lastLine(error)}`)
  }
}
