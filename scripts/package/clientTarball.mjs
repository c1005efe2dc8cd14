// Writes the client's package into a folder of its own and has npm pack it.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { npmProgram } from '../setup/npm.mjs'
import { root } from '../setup/root.mjs'
import { clientFiles } from './clientFiles.mjs'
import { clientManifest } from './clientManifest.mjs'
import { spelledOut } from './spelledOut.mjs'

/** The path of the tarball, made in `into`. */
export const clientTarball = (into) => {
  const folder = mkdtempSync(join(tmpdir(), 'homeserver-client-'))
  try {
    write(folder)
    mkdirSync(into, { recursive: true })
    return pack(folder, into)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const write = (folder) => {
  const { files, packages } = clientFiles()
  for (const file of files) {
    const text = spelledOut(file)
    if (text === undefined) cpSync(join(root, file), join(folder, file))
    else writeText(join(folder, file), text)
    if (file.endsWith('.js')) writeMap(`${file}.map`, folder)
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(clientManifest(packages), undefined, 2)}\n`)
  cpSync(join(root, 'src', 'client', 'README.md'), join(folder, 'README.md'))
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}

const writeText = (path, text) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** With the source inside: the package holds no TypeScript. */
const writeMap = (file, folder) => {
  const map = JSON.parse(readFileSync(join(root, file), 'utf8'))
  const sourcesContent = map.sources.map((source) => readFileSync(resolve(root, dirname(file), source), 'utf8'))
  writeFileSync(join(folder, file), JSON.stringify({ ...map, sourcesContent }))
}

const pack = (folder, into) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [npmProgram(), 'pack', '--json', '--ignore-scripts', '--pack-destination', resolve(into)],
    { cwd: folder, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`npm pack: ${stderr}`)
  return join(resolve(into), JSON.parse(stdout)[0].filename)
}
