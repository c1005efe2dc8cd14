/** How the server starts and stops, in the names and numbers that scripts rely on (docs/api.md, README). */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const main = join(dirname(fileURLToPath(import.meta.url)), '../../../main.js')

type Run = {
  readonly out: () => string
  readonly err: () => string
  readonly ready: () => Promise<string>
  readonly stop: (signal: NodeJS.Signals) => Promise<number | null>
  readonly ended: Promise<number | null>
}

const start = (settings: Record<string, string>, args: readonly string[] = []): Run => {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], ...settings },
    stdio: 'pipe',
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const ready = async (): Promise<string> => {
    for (;;) {
      const url = /^ready (\S+)$/m.exec(out)?.[1]
      if (url !== undefined && out.includes('docs ')) return url
      if (child.exitCode !== null) throw new Error(`it ended: ${err}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const stop = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal)
    return ended
  }
  return { out: () => out, err: () => err, ready, stop, ended }
}

describe('starting and stopping', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'homeserver-start-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))
  const fresh = (more: Record<string, string> = {}) => ({ DATA_DIR: join(directory, 'data'), PORT: '0', ...more })

  it('prints ready, data, docs and, the first time alone, the operator token; SIGTERM and SIGINT end it with 0', async () => {
    const first = start(fresh())
    const url = await first.ready()
    expect((await fetch(`${url}/readyz`)).status).to.equal(200)
    const file = join(directory, 'data', 'ready.json')
    expect(JSON.parse(await readFile(file, 'utf8'))).to.include({ url })
    expect(await first.stop('SIGTERM')).to.equal(0)
    expect(existsSync(file)).to.equal(false)
    const [ready, data, docs, token, ...rest] = first.out().trimEnd().split('\n')
    expect([ready, data, docs]).to.deep.equal([`ready ${url}`, `data ${join(directory, 'data')}`, `docs ${url}/docs`])
    expect(token).to.match(/^operator-token hs_op_[A-Za-z0-9_-]{32}$/)
    expect(rest).to.deep.equal([])
    const second = start(fresh())
    await second.ready()
    expect(await second.stop('SIGINT')).to.equal(0)
    expect(second.out()).to.not.contain('operator-token')
  })

  it('ends with 75 where another server has the directory, or something has the port, and names it', async () => {
    const first = start(fresh())
    const url = await first.ready()
    const second = start(fresh())
    expect(await second.ended).to.equal(75)
    expect(second.err()).to.contain(join(directory, 'data'))
    const third = start({ DATA_DIR: join(directory, 'other'), PORT: new URL(url).port })
    expect(await third.ended).to.equal(75)
    expect(third.err()).to.contain(`port ${new URL(url).port}`)
    await first.stop('SIGTERM')
  })

  it('ends with 78 and lists every problem of the configuration', async () => {
    const run = start(fresh({ PORT: 'many', LOG_LEVEL: 'loud' }), ['--no-such-flag', '1'])
    expect(await run.ended).to.equal(78)
    expect(run.err().trimEnd().split('\n')).to.have.length(3)
    expect(run.out()).to.equal('')
  })

  it('ends with 78 under another domain than the log was begun with', async () => {
    const first = start(fresh())
    await first.ready()
    await first.stop('SIGTERM')
    const second = start(fresh({ DOMAIN: 'other.example' }))
    expect(await second.ended).to.equal(78)
    expect(second.err()).to.contain('localhost')
  })

  it('ends with 69 when the store is not there within STORE_WAIT_S', async () => {
    const settings = { EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false', STORE_WAIT_S: '0' }
    const run = start(fresh(settings))
    expect(await run.ended).to.equal(69)
    expect(run.err()).to.contain('unreachable')
  })

  it('keeps metrics from strangers: they are for loopback, the operator, or a port of their own', async () => {
    const run = start(fresh({ TRUSTED_PROXIES: '127.0.0.1', OPERATOR_TOKEN: 'hs_op_0123456789012345678901' }))
    const url = await run.ready()
    const from = (headers: Record<string, string>): Promise<number> =>
      fetch(`${url}/metrics`, { headers }).then(({ status }) => status)
    expect(await from({ 'x-forwarded-for': '203.0.113.7' })).to.equal(404)
    expect(
      await from({ 'x-forwarded-for': '203.0.113.7', authorization: 'Bearer hs_op_0123456789012345678901' }),
    ).to.equal(200)
    expect(await from({})).to.equal(200)
    await run.stop('SIGTERM')
  })
})
