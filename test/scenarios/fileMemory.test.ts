/** Large files in the SDK: encrypted, uploaded, downloaded and opened without being held. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { type RunningServer, startServer } from '../support/startServer.js'
import type { Growth } from './largeFile/main.js'
import { MiB } from './film.js'

const size = 64

describe('A large file', () => {
  let server: RunningServer
  before(async () => {
    server = await startServer({ LIMITS: JSON.stringify({ assetBytesMax: 80 * MiB }) })
  })
  after(() => server.stop())

  it('does not grow the client with its size, on its way up or down', async () => {
    const script = fileURLToPath(new URL('largeFile/main.js', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [script, server.url, String(size)])
    const { heldUp, heldDown, process: grown, isSame } = JSON.parse(stdout) as Growth
    const said = [heldUp, heldDown, grown].map((mib) => mib.toFixed(1))
    console.log(`      held ${said[0]!} MiB up and ${said[1]!} MiB down, grew by ${said[2]!} MiB, of ${size} MiB`)
    expect(isSame).to.equal(true)
    // A piece of the upload, and what has come before anybody reads it: some 30 MiB. Whoever held it whole would hold 64 besides.
    expect(heldUp).to.be.lessThan(0.75 * size)
    expect(heldDown).to.be.lessThan(0.75 * size)
    expect(grown).to.be.lessThan(size)
  })
})
