/** How clients reach the server: PUBLIC_URL, where it listens, or, on every address, the Host that each request names. */
import { request } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createAccount, memoryStore } from '#src/client/index.js'
import { publicUrlOf } from '#src/compose/doors/publicUrl.js'
import { freePort } from '../support/freePort.js'
import { runServer } from './serverRun.js'
import type { ServerRun } from './serverRun.js'

/** The base URL of the discovery document for whoever names this Host; fetch would not let us choose it. */
const baseUrlFor = (port: string, host: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path: '/.well-known/mls-homeserver', headers: { host } },
      (answer) => {
        let text = ''
        answer.on('data', (bytes: Buffer) => (text += bytes.toString()))
        answer.on('end', () => {
          resolve((JSON.parse(text) as { readonly baseUrl: string }).baseUrl)
        })
      },
    )
    asked.on('error', reject).end()
  })

describe('the public URL', () => {
  let directory: string
  let run: ServerRun
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'homeserver-url-'))
  })
  afterEach(() => run.stop())
  after(() => rm(directory, { recursive: true, force: true }))
  const start = async (settings: Record<string, string>): Promise<string> => {
    run = runServer({ DATA_DIR: join(directory, 'data'), PORT: '0', ...settings })
    return new URL(await run.ready()).port
  }

  it('is what each request names, on every address without PUBLIC_URL, and the log says so', async () => {
    const port = await start({ HOST: '0.0.0.0' })
    const hosts = ['chat.example', 'chat.example:8080', '192.0.2.7:80', '[2001:db8::1]:99', `127.0.0.1:${port}`]
    const urls = await Promise.all(hosts.map((host) => baseUrlFor(port, host)))
    expect(urls).to.deep.equal([
      'http://chat.example',
      'http://chat.example:8080',
      'http://192.0.2.7',
      'http://[2001:db8::1]:99',
      `http://127.0.0.1:${port}`,
    ])
    for (const host of ['chat.example/x', '"><script>', 'a b', 'u@chat.example', 'chat.example:x'])
      expect(await baseUrlFor(port, host), host).to.equal(`http://0.0.0.0:${port}`)
    expect(run.err()).to.match(/"level":"warn".*without PUBLIC_URL/)
  })

  it('is the audience of assertions under each name', async () => {
    const port = await start({ HOST: '0.0.0.0' })
    for (const host of ['127.0.0.1', 'localhost']) {
      const account = { server: `http://${host}:${port}`, store: memoryStore(), handle: `by-${host.slice(0, 3)}` }
      const client = await createAccount(account)
      await client.sync()
      await client.close()
    }
  })

  it('is PUBLIC_URL or where it listens, whatever Host is named, and the log is silent', async () => {
    const port = await start({})
    expect(await baseUrlFor(port, 'chat.example')).to.not.equal('http://chat.example')
    await run.stop()
    const other = String(await freePort())
    await start({ HOST: '0.0.0.0', PORT: other, PUBLIC_URL: 'https://Chat.Example.org/' })
    expect(await baseUrlFor(other, 'Chat.Example.org:443')).to.equal('https://chat.example.org')
    expect(await baseUrlFor(other, 'elsewhere.example'), 'misdirected').to.equal(undefined)
    expect(run.err()).to.not.include('PUBLIC_URL')
  })

  it('knows every address however it is written', () => {
    const byHost = (host: string): boolean => publicUrlOf({ host, publicUrl: undefined, tls: undefined }).byHost
    for (const host of ['0.0.0.0', '0', '::', '0::0', '::0']) expect(byHost(host), host).to.equal(true)
    for (const host of ['127.0.0.1', '::1', 'localhost', '10.0.0.0']) expect(byHost(host), host).to.equal(false)
  })
})
