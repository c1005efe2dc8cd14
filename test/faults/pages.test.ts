/** What a browser is shown: pages without a script but the server's own, without frames, and answers that no other page can use a visitor's rights for. */
import { expect } from 'chai'
import { byHand } from './byHand.js'
import type { Heard } from './byHand.js'
import { openHouse } from './house.js'
import type { RealHouse, Resident } from './house.js'

const script = `"><script>alert(1)</script>`

describe('a page of the server', () => {
  let house: RealHouse
  let alice: Resident
  before(async () => {
    // On every address, where any Host is answered: what it says is shown to nobody.
    house = await openHouse({ HOST: '0.0.0.0' })
    alice = await house.register()
  })
  after(() => house.close())

  const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Heard> =>
    byHand(Number(new URL(house.server.url).port))(path, { headers, method })

  const hostile = {
    host: `evil.example${script}`,
    'x-forwarded-host': script,
    referer: `http://evil.example/${script}`,
  }

  it('runs only its own script, loads nothing from elsewhere and stands in no frame', async () => {
    for (const path of ['/', '/docs', `/docs?${encodeURIComponent(script)}`]) {
      const { status, headers, text } = await get(path, hostile)
      expect(status).to.equal(200)
      expect(headers['content-type']).to.match(/^text\/html/)
      const policy = String(headers['content-security-policy'])
      for (const rule of [`default-src 'none'`, `frame-ancestors 'none'`]) expect(policy).to.contain(rule)
      const [allowed, own] =
        path === '/' ? ["'none'", ''] : ["'self'", '<script type="module" src="/docs/docs.js"></script>']
      expect(policy).to.contain(`script-src ${allowed};`).and.not.contain('unsafe')
      expect(text).to.contain(own)
      expect(text.replace(own, '')).to.not.match(/<script|javascript:|\son[a-z]+=|src=|evil\.example/i)
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
