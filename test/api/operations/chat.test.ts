/** Whom the chat page is for: who sits at this machine, or whoever the operator lets in. */
import { expect } from 'chai'
import { get } from 'node:http'
import { freePort } from '../../support/freePort.js'
import { type RunningServer, type ServerSettings, startServer } from '../../support/startServer.js'

const pages = ['/chat', '/chat/chat.js', '/chat/style.css', '/chat/icon.svg', '/chat/manifest.webmanifest']
/** Named by the page's script. */
const worker = '/chat/wake.js'
const files = [...pages, worker]

const statusOf = (url: string, headers: { readonly [name: string]: string } = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    get(url, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('error', reject)
  })

describe('The chat page', () => {
  const servers: RunningServer[] = []
  const start = async (settings: ServerSettings): Promise<string> => {
    const server = await startServer(settings)
    servers.push(server)
    const { port } = new URL(server.url)
    return `http://127.0.0.1:${port === '' ? (settings['PORT'] ?? '') : port}`
  }
  after(() => Promise.all(servers.map((server) => server.stop())))

  it('is there by itself for who sits at this machine, loads nothing from elsewhere, and is linked', async () => {
    const url = await start({})
    for (const file of pages) {
      const answer = await fetch(url + file)
      expect(answer.status, file).to.equal(200)
      expect(answer.headers.get('access-control-allow-origin'), file).to.equal(null)
      const policy = answer.headers.get('content-security-policy') ?? ''
      expect(policy).to.include("default-src 'none'").and.to.include("script-src 'self';").and.not.to.include('unsafe')
      expect(policy).to.include(`connect-src 'self' ${url.replace('http', 'ws')};`)
      expect(policy)
        .to.include("worker-src 'self';")
        .and.to.match(/; trusted-types chat-worker$/)
    }
    const waking = await fetch(url + worker)
    expect(waking.headers.get('content-type')).to.match(/^(text|application)\/javascript/)
    expect(waking.headers.get('content-security-policy')).to.equal("default-src 'none'; connect-src 'self'")
    const page = await (await fetch(`${url}/chat`)).text()
    expect([...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, to]) => to)).to.have.members(
      pages.filter((file) => file !== '/chat'),
    )
    expect(await (await fetch(url)).text()).to.include('href="/chat"')
    expect((await fetch(`${url}/chat`, { method: 'POST' })).status).to.equal(405)
  })

  it('is not there for whom a proxy asks, nor under another name', async () => {
    const url = await start({})
    for (const header of ['x-forwarded-for', 'forwarded', 'via'])
      expect(await statusOf(`${url}/chat`, { [header]: 'x' })).to.equal(404)
    expect(await statusOf(`${url}/chat`, { host: 'rebound.example' })).to.equal(421)
  })

  const elsewhere: readonly ServerSettings[] = [
    { HOST: '0.0.0.0' },
    { PUBLIC_URL: 'https://chat.example' },
    { CHAT: 'off' },
  ]
  for (const settings of elsewhere)
    it(`is not there with ${JSON.stringify(settings)}, and not linked`, async () => {
      const url = await start({ ...settings, PORT: String(await freePort()) })
      const headers = settings['PUBLIC_URL'] === undefined ? {} : { host: 'chat.example' }
      for (const file of files) expect(await statusOf(url + file, headers), file).to.equal(404)
      expect(await (await fetch(url)).text()).not.to.include('href="/chat"')
    })

  it('is there for everybody where the operator says so', async () => {
    const url = await start({ HOST: '0.0.0.0', CHAT: 'on' })
    for (const file of files)
      expect(await statusOf(url + file, { 'x-forwarded-for': '198.51.100.7' }), file).to.equal(200)
  })
})
