/** TLS by itself: the certificate is spoken with, and the next one too, without a restart. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { TLSSocket } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import { makePair } from '../support/selfSigned.js'
import { runServer } from './serverRun.js'

/** The status of a request over a connection of its own, and the serial number of the certificate it met. */
const ask = (url: string): Promise<{ readonly status: number; readonly serial: string }> =>
  new Promise((resolve, reject) => {
    const asked = request(`${url}/readyz`, { rejectUnauthorized: false, agent: false }, (answer) => {
      const serialNumber = answer.socket instanceof TLSSocket ? answer.socket.getPeerCertificate().serialNumber : ''
      answer.resume()
      resolve({ status: answer.statusCode ?? 0, serial: serialNumber })
    })
    asked.on('error', reject).end()
  })

describe('TLS by itself', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'homeserver-tls-'))
  })
  after(() => rm(directory, { recursive: true, force: true }))

  it('serves https and wss, and takes a renewed certificate when it and its key are both there', async () => {
    const [first, second] = [await makePair('0A'), await makePair('0B')]
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
    const replace = async (file: string, text: string): Promise<void> => {
      await writeFile(`${file}.new`, text)
      await rename(`${file}.new`, file)
    }
    await writeFile(cert, first.cert)
    await writeFile(key, first.key)
    const run = runServer({ DATA_DIR: join(directory, 'data'), PORT: '0', TLS_CERT: cert, TLS_KEY: key })
    const url = await run.ready()
    expect(url).to.match(/^https:/)
    expect(await ask(url)).to.deep.equal({ status: 200, serial: first.serial })
    const socket = new WebSocket(`${url.replace('https', 'wss')}/v1/websocket`, ['mls-homeserver.1'], {
      rejectUnauthorized: false,
    })
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
    socket.terminate()

    await replace(cert, second.cert)
    await run.said((text) => text.includes('the one before still is'))
    expect(await ask(url)).to.deep.equal({ status: 200, serial: first.serial })
    await replace(key, second.key)
    await run.said((text) => text.includes('the certificate was read again'))
    expect(await ask(url)).to.deep.equal({ status: 200, serial: second.serial })
    expect(await run.stop()).to.equal(0)
  })
})
