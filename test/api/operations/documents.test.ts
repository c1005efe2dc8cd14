/** The documents: made once, whoever reads them and how often; whoever has one already hears just that. */
import { expect } from 'chai'
import { sharedDocument } from '#src/api/operations/document.js'
import { byHand } from '../../faults/byHand.js'
import { startServer } from '../../support/startServer.js'
import type { RunningServer } from '../../support/startServer.js'

const paths = ['/', '/docs', '/docs/docs.js', '/openapi.json', '/asyncapi.json', '/.well-known/mls-homeserver']

describe('a document of the server', () => {
  let server: RunningServer
  before(async () => {
    server = await startServer()
  })
  after(() => server.stop())

  for (const path of paths) {
    it(`${path} is known by its ETag, and not sent to whoever has it`, async () => {
      const first = await fetch(server.url + path)
      const bytes = Buffer.from(await first.arrayBuffer())
      const etag = first.headers.get('etag') ?? ''
      expect(etag).to.match(/^"[\w-]{22}"$/)
      expect(first.headers.get('content-length')).to.equal(String(bytes.length))
      for (const known of [etag, `"other", W/${etag}`, '*']) {
        const again = await fetch(server.url + path, { headers: { 'if-none-match': known } })
        expect([again.status, await again.text(), again.headers.get('etag')]).to.deep.equal([304, '', etag])
      }
      const other = await fetch(server.url + path, { headers: { 'if-none-match': '"other"' } })
      expect([other.status, Buffer.from(await other.arrayBuffer()).equals(bytes)]).to.deep.equal([200, true])
      const head = await fetch(server.url + path, { method: 'HEAD' })
      expect([head.status, head.headers.get('etag'), await head.text()]).to.deep.equal([200, etag, ''])
    })
  }

  it('is made once for each name that the server is reached by, the same bytes for everyone', () => {
    const made: string[] = []
    const document = sharedDocument((url) => {
      made.push(url)
      return `at ${url}`
    })
    const [one, two] = [document('a'), document('b')]
    expect(document('a').bytes).to.equal(one.bytes)
    expect(document('b').bytes).to.equal(two.bytes)
    expect(one.etag).to.not.equal(two.etag)
    expect(made).to.deep.equal(['a', 'b'])
  })

  it('is made once for whatever hosts strangers name, and says of each what it would have said', () => {
    let made = 0
    const make = (url: string): string => {
      made++
      return `${url} ${url.replace(/^http/, 'ws')}/v1/websocket <a href="${url}/docs"> ${new URL(url).host}`
    }
    const document = sharedDocument(make)
    const hosts = Array.from({ length: 100 }, (_, n) => `http://${n}.example`)
    const urls = [...hosts, 'http://a.b:8080', 'http://127.0.0.1:1', 'http://[2001:db8::1]:81', 'http://[::1]']
    const texts = urls.map((url) => document(url).bytes.toString())
    expect(made).to.equal(1)
    expect(texts).to.deep.equal(urls.map(make))
    for (const url of ['https://a.example/path', 'https://a.example/&quot;'])
      expect(document(url).bytes.toString(), url).to.equal(make(url))
  })

  it('names the host of the request where every host will do', async () => {
    const open = await startServer({ HOST: '0.0.0.0' })
    const { port } = new URL(open.url)
    const ask = byHand(Number(port))
    for (const path of ['/openapi.json', '/asyncapi.json', '/.well-known/mls-homeserver'])
      for (const host of ['one.example', 'two.example:8443']) {
        const { text } = await ask(path, { headers: { host } })
        expect(text, `${path} ${host}`).to.include(host)
        expect(text, `${path} ${host}`).to.not.match(
          /host-of-the-request|one\.example.*two\.example|two\.example.*one\.example/s,
        )
      }
    await open.stop()
  })
})
