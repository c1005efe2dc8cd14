/** A homeserver process whose EventStoreDB is not there, or not there any more: what it says, and to whom. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { tooLate } from '#src/compose/readiness.js'
import { temporaryDirectory } from '../adapters/temporaryDirectory.js'
import { certify } from '../adapters/eventStoreDB/server/certificate.js'
import { spawnTestServer, type ServerProcess } from '../adapters/eventStoreDB/server/spawn.js'
import { eventually } from './eventually.js'
import { freePort } from '../support/freePort.js'

const main = new URL('../../../main.js', import.meta.url).pathname
const cli = new URL('../../../cli/main.js', import.meta.url).pathname

const askMs = 60_000

describe('a homeserver without its EventStoreDB', function () {
  this.timeout(300_000)
  const folder = temporaryDirectory()
  let child: ChildProcess | undefined
  let store: ServerProcess | undefined
  let output = ''
  let url = ''
  let storePort = 0

  before(async () => {
    storePort = await freePort()
    await promisify(execFile)(process.execPath, [cli, 'keys', 'init'], { env: environment() })
  })
  afterEach(async () => {
    await end('SIGKILL')
    await store?.kill()
  })
  after(() => {
    folder.remove()
  })

  const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    ...process.env,
    DATA_DIR: join(folder.path, 'data'),
    KEYS_DIR: join(folder.path, 'keys'),
    EVENTSTORE_URL: `esdb://127.0.0.1:${storePort}?tls=false`,
    LOG_LEVEL: 'info',
    ...more,
  })
  const launch = async (more: NodeJS.ProcessEnv = {}): Promise<ChildProcess> => {
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    output = ''
    child = spawn(process.execPath, [main], {
      env: environment({ PORT: String(port), ...more }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => (output += bytes.toString()))
    return child
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
    return child.exitCode
  }
  /** Undefined while nobody listens, or when there is no answer. */
  const ask = (path: string) => fetch(`${url}${path}`, { signal: AbortSignal.timeout(askMs) }).catch(() => undefined)
  const status = async (path: string): Promise<number | undefined> => (await ask(path))?.status
  const statusOverTls = (path: string): Promise<number | undefined> =>
    new Promise((resolve) => {
      const options = { rejectUnauthorized: false, agent: false, timeout: askMs } as const
      const asked = request(`${url.replace('http:', 'https:')}${path}`, options, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      asked.on('timeout', () => asked.destroy())
      asked
        .on('error', () => {
          resolve(undefined)
        })
        .end()
    })
  const ready = () => eventually('it is ready', async () => (await status('/readyz')) === 200)

  it('listens while it waits, says why, and serves on the same port once the store is there', async () => {
    await launch()
    await eventually('it listens', async () => (await status('/livez')) === 200)
    const answer = await ask('/readyz')
    expect(answer?.status).to.equal(503)
    expect(await answer?.json())
      .to.have.nested.property('reasons[0]')
      .that.matches(/is unreachable: .*ECONNREFUSED/)
    const other = await ask('/v1/authority')
    expect(other?.status).to.equal(503)
    expect(other?.headers.get('retry-after')).to.equal('1')
    expect(await other?.json()).to.include({ code: 'store-unavailable' })
    store = await spawnTestServer({ port: storePort, file: join(folder.path, 'events.log') })
    await ready()
    expect(await status('/v1/authority')).to.equal(200)
    expect(output.split('\n').filter((line) => line.includes('waiting for a store'))).to.have.length(1)
    expect(await end('SIGTERM')).to.equal(0)
  })

  it('speaks TLS while it waits, as it does when it serves', async () => {
    const { key, certificate } = await certify('127.0.0.1')
    const [certFile, keyFile] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')]
    await writeFile(certFile, certificate)
    await writeFile(keyFile, key, { mode: 0o600 })
    await launch({ TLS_CERT: certFile, TLS_KEY: keyFile })
    await eventually('it listens', async () => (await statusOverTls('/livez')) === 200)
    expect(await statusOverTls('/readyz')).to.equal(503)
    expect(await status('/livez')).to.equal(undefined)
    store = await spawnTestServer({ port: storePort, file: join(folder.path, 'events.log') })
    await eventually('it is ready', async () => (await statusOverTls('/readyz')) === 200)
    expect(await end('SIGTERM')).to.equal(0)
  })

  it('stops at once when it is told to while it waits', async () => {
    await launch()
    await eventually('it waits', () => output.includes('waiting for a store'))
    expect(await end('SIGTERM')).to.equal(0)
  })

  it('refuses with 78 a URL that does without certificates, and prints no password', async () => {
    const refused = await launch({
      EVENTSTORE_URL: `esdb://admin:Sesame77@127.0.0.1:${storePort}?tls=true&tlsVerifyCert=false`,
    })
    const [code] = (await once(refused, 'exit')) as [number | null]
    expect(code, output).to.equal(78)
    expect(output).to.match(/tlsVerifyCert=false/)
    expect(output).not.to.include('Sesame77')
  })

  it('answers for its health all the same when the store freezes, and ends when it is told to', async () => {
    store = await spawnTestServer({ port: storePort, file: join(folder.path, 'events.log') })
    await launch()
    await ready()
    store.process.kill('SIGSTOP')
    const answer = await ask('/readyz')
    expect(answer?.status).to.equal(503)
    // That nobody waited for the store is seen by the reason: its own silence is known only seconds later.
    expect(await answer?.json()).to.deep.include({ reasons: [tooLate.reasons[0]] })
    expect((await ask('/metrics'))?.status).to.equal(200)
    expect(await end('SIGTERM')).to.equal(0)
    store.process.kill('SIGCONT')
  })
})
