/** Federation as it is composed: off unless it is set, and then found by its directory, and nobody let in unchecked. */
import { expect } from 'chai'
import { composeServer } from './composedServer.js'
import type { ComposedServer } from './composedServer.js'

const directoryPath = '/.well-known/mimi-protocol-directory'

describe('federation', () => {
  let house: ComposedServer
  afterEach(() => house.close())

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(house.server.url + path, { headers })
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, never>,
    }
  }

  it('is off: its addresses are as any other that is not there', async () => {
    house = await composeServer()
    for (const path of [directoryPath, '/federation/v1/update/x'])
      expect((await get(path)).body, path).to.deep.include({ status: 404, code: 'no-such-route' })
  })

  it('has a directory with its keys and its root, for whoever asks by whatever name', async () => {
    house = await composeServer({ FEDERATION: 'open', FEDERATION_PEERS: 'c.example, b.example=http://127.0.0.1:9' })
    const { status, headers, body } = await get(directoryPath, { host: 'elsewhere.example' })
    expect([status, headers.get('cache-control'), headers.get('access-control-allow-origin')]).to.deep.equal([
      200,
      'public, max-age=3600',
      null,
    ])
    const { homeserver } = body as unknown as {
      homeserver: { domain: string; keys: readonly { notBefore: number; notAfter: number }[]; root: string }
    }
    expect(homeserver.domain).to.equal('example.org')
    expect(homeserver.root).to.match(/^MII/)
    expect(homeserver.keys).to.have.length(1)
    expect(JSON.stringify(body)).to.not.match(/private/i)
    const nobody = await get('/federation/v1/nothing')
    expect(nobody.body).to.deep.include({ status: 404, code: 'no-such-route' })
  })
})
