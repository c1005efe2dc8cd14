/** What a browser is shown: pages without script or frames, and answers that no other page can use a visitor's rights for. */
import { expect } from 'chai'
import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { openHouse } from './house.js'
import type { RealHouse, Resident } from './house.js'

const script = `"><script>alert(1)</script>`

describe('a page of the server', () => {
  let house: RealHouse
  let alice: Resident
  before(async () => {
    house = await openHouse()
    alice = await house.register()
  })
  after(() => house.close())

  type Shown = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }
  /** By hand: fetch sets the Host of a request itself. */
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Shown> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(house.server.url)
      const asked = request({ hostname, port, path, method, headers }, (answer) => {
        let text = ''
        answer.on('data', (bytes: Buffer) => (text += bytes.toString()))
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
        })
      })
      asked.on('error', reject)
      asked.end()
    })

  const hostile = {
    host: `evil.example${script}`,
    'x-forwarded-host': script,
    referer: `http://evil.example/${script}`,
  }

  it('runs no script, loads nothing from elsewhere and stands in no frame', async () => {
    for (const path of ['/', '/docs', `/docs?${encodeURIComponent(script)}`]) {
      const { status, headers, text } = await get(path, hostile)
      expect(status).to.equal(200)
      expect(headers['content-type']).to.match(/^text\/html/)
      const policy = String(headers['content-security-policy'])
      for (const rule of [`default-src 'none'`, `frame-ancestors 'none'`]) expect(policy).to.contain(rule)
      expect(policy).to.not.contain('script-src')
      expect(text).to.not.match(/<script|javascript:|\son[a-z]+=|src=|evil\.example/i)
    }
  })

  it('shows nothing of what was asked for as anything but JSON', async () => {
    for (const path of [
      `/${encodeURIComponent(script)}`,
      `/v1/directory?handle=${encodeURIComponent(script)}`,
      `/v1/users/${encodeURIComponent(script)}/clients`,
      '/openapi.json',
      '/.well-known/mls-homeserver',
    ]) {
      const { headers, text } = await get(path, { ...hostile, authorization: `Bearer ${alice.token}` })
      expect(headers['content-type'], path).to.match(/^application\/(problem\+)?json/)
      expect(headers['x-content-type-options'], path).to.equal('nosniff')
      expect(text, path).to.not.contain('<script')
      expect(text, path).to.not.contain('evil.example')
    }
  })

  it('lets pages of any origin ask, with tokens they have themselves: there is nothing a browser adds to them', async () => {
    const preflight = await get('/v1/users/me', { origin: 'https://evil.example' }, 'OPTIONS')
    const asked = await get('/v1/users/me', { origin: 'https://evil.example', cookie: `token=${alice.token}` })
    expect([preflight.status, asked.status]).to.deep.equal([204, 401])
    for (const { headers } of [preflight, asked]) {
      expect(headers['access-control-allow-origin']).to.equal('*')
      expect(headers).to.not.have.property('access-control-allow-credentials')
      expect(headers).to.not.have.property('set-cookie')
    }
  })
})
