// A server of its own for as long as something is done with it, and its documents as files.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../setup/root.mjs'
import { serverLife } from '../package/server.mjs'

const limitMs = 600_000

/** Does `work({ url, folder, openapi, asyncapi })`: a folder that is gone afterwards, and the documents in it. */
export const withServer = async (work) => {
  const folder = mkdtempSync(join(tmpdir(), 'homeserver-interop-'))
  const saved = async (url, name) => {
    const file = join(folder, `${name}.json`)
    writeFileSync(file, await (await fetch(`${url}/${name}.json`)).text())
    return file
  }
  try {
    const serve = async (url) =>
      work({ url, folder, openapi: await saved(url, 'openapi'), asyncapi: await saved(url, 'asyncapi') })
    await serverLife(process.execPath, join(root, 'dist', 'main.js'), join(folder, 'data'), serve, limitMs)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
