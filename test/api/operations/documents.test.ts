/** The documents: made once, whoever reads them and how often; whoever has one already hears just that. */
import { expect } from 'chai'
import { sharedDocument } from '#src/api/operations/document.js'
import { startServer } from '../../support/startServer.js'
import type { RunningServer } from '../../support/startServer.js'

const paths = ['/', '/docs', '/openapi.json', '/asyncapi.json', '/.well-known/mls-homeserver']

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
})
