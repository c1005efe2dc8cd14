/** What operators see of other servers, and say about them. */
import { expect } from 'chai'
import { makeAuthority } from '#src/adapters/x509/authority.js'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import { nameOf } from './peerHouse.js'

const operator = { token: 'hs_op_PlantedOperatorToken0123456789' }
const path = '/v1/operator/peers/b.example'

describe('another server, to operators', () => {
  let house: ComposedServer
  before(async () => {
    house = await composeServer({ OPERATOR_TOKEN: operator.token })
  })
  after(() => house.close())

  const ask = async (method: string, at: string, json?: object) =>
    house.ask(operator, method, at, json === undefined ? {} : { json })

  it('is shown as one that was never seen, until something is said or seen of it', async () => {
    expect((await ask('GET', path)).body).to.deep.equal({
      ...{ domain: 'b.example', policy: 'byDefault', state: 'notAllowed', keys: [], roots: [] },
      backlog: { items: 0, messages: 0, bytes: 0, groups: 0 },
      ...{ stopped: [], broken: [], counts: { tries: 0, sent: 0, refused: 0, unanswered: 0 } },
    })
    expect((await ask('GET', '/v1/operator/peers')).body).to.deep.equal({ federation: 'off', peers: [] })
    expect((await ask('GET', '/v1/operator/peers/B%20example')).body).to.deep.include({
      status: 400,
      code: 'malformed',
    })
  })

  it('is blocked, allowed, and pinned, each on record with the reason', async () => {
    const root = Buffer.from((await makeAuthority(nameOf('b.example'), 1_700_000_000_000)).rootCertificate).toString(
      'base64url',
    )
    for (const policy of ['blocked', 'allowed'])
      expect((await ask('PUT', `${path}/policy`, { policy, why: 'agreed' })).status).to.equal(200)
    expect((await ask('PUT', `${path}/root`, { root, why: 'read out' })).status).to.equal(200)
    const shown = await ask('GET', path)
    expect(shown.body).to.deep.include({ domain: 'b.example', policy: 'allowed', root })
    expect(shown.body['fingerprint']).to.match(/^[A-Za-z0-9_-]{43}$/)
    const facts = (await house.events()).filter(({ stream }) => stream === 'peer-b.example')
    const acts = (await house.events()).filter(({ type }) => type === 'OperatorActed')
    expect(facts.map(({ type }) => type)).to.deep.equal(['PeerPolicyChanged', 'PeerPolicyChanged', 'PeerRootPinned'])
    expect(acts).to.have.length(3)
  })

  it('is pinned to nothing that is no certificate', async () => {
    const { body } = await ask('PUT', `${path}/root`, { root: 'MIIB', why: 'guessed' })
    expect(body).to.deep.include({ status: 400, code: 'malformed' })
  })
})
