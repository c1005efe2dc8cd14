/** Groups, as operators see and delete them: by what the server knows of each, never by who is in it. */
import { expect } from 'chai'
import { composeServer } from '../compose/composedServer.js'
import type { ComposedServer } from '../compose/composedServer.js'
import type { Resident } from '../faults/house.js'
import type { Answer } from './groupHouse.js'
import { at, circleOf, createdBy } from './groupPeople.js'

const operator = { token: 'hs_op_PlantedOperatorToken0123456789' }
const uri = encodeURIComponent

describe('groups, to operators', () => {
  let house: ComposedServer
  let alice: Resident
  before(async () => {
    house = await composeServer({ OPERATOR_TOKEN: operator.token })
    alice = await house.register('alice')
  })
  after(() => house.close())

  const ask = (method: string, rest: string, json?: object, key?: string): Promise<Answer> =>
    house.ask(operator, method, `/v1/operator/${rest}`, {
      ...(json === undefined ? {} : { json }),
      ...(key === undefined ? {} : { key }),
    })
  const list = async (query = ''): Promise<readonly Record<string, unknown>[]> => {
    const { body } = await house.ask(alice, 'GET', '/v1/users/me')
    return (await ask('GET', `groups?atLeast=${String(body['position'])}${query}`)).body['groups'] as never
  }
  const said = ({ status, body }: Answer): unknown => [status, body['code']]

  it('are listed with their size, epoch, admins and last activity, page by page, and not on record', async () => {
    const [bob, carol] = [await house.register(), await house.register()]
    const { group } = await circleOf(house.door, alice, bob, carol)
    const alone = (await createdBy(house.door, alice)).group
    const all = await list()
    expect(all.map((one) => one['group'])).to.have.members([group, alone])
    const { lastActivity, ...shown } = all.find((one) => one['group'] === group)!
    expect(shown).to.deep.equal({
      group,
      status: 'active',
      epoch: '1',
      users: 3,
      clients: 3,
      admins: 1,
      pendingRemovals: 0,
    })
    expect(lastActivity).to.be.within(house.clock.now() - 60_000, house.clock.now())
    const first = await ask('GET', 'groups?limit=1')
    const second = await ask('GET', `groups?limit=1&after=${uri(first.body['next'] as string)}`)
    const ids = [first, second].map(({ body }) => (body['groups'] as readonly Record<string, unknown>[])[0]!['group'])
    expect(ids).to.have.members([group, alone])
    expect(said(await ask('GET', 'groups?after=x'))).to.deep.equal([400, 'malformed'])
    expect((await ask('GET', 'acts')).body['acts']).to.deep.equal([])
  })

  it('are deleted on record, whoever their admins are, and once', async () => {
    const { group } = await createdBy(house.door, alice)
    const first = await ask('DELETE', `groups/${uri(group)}`, { why: 'order 12' }, 'k')
    expect(first.status, JSON.stringify(first.body)).to.equal(200)
    expect((await ask('DELETE', `groups/${uri(group)}`, { why: 'order 12' }, 'k')).body).to.deep.equal(first.body)
    expect(said(await ask('DELETE', `groups/${uri(group)}`, { why: 'order 12' }))).to.deep.equal([410, 'group-deleted'])
    expect(said(await house.ask(alice, 'GET', at(group)))).to.deep.equal([410, 'group-deleted'])
    const [act] = (await ask('GET', 'acts')).body['acts'] as readonly object[]
    expect(act).to.deep.include({ what: { type: 'deleteGroup', group }, why: 'order 12' })
    const deleted = (await house.events()).find(({ type }) => type === 'GroupDeleted')
    expect(deleted?.data).to.deep.equal({ group })
  })

  it('say which faults their members reported, are found by them, and are given up on record', async () => {
    const [bob, carol] = [await house.register(), await house.register()]
    const { group } = await circleOf(house.door, alice, bob, carol)
    expect((await list('&faults=reported')).map((one) => one['group'])).to.deep.equal([])
    for (const by of [bob, carol])
      expect((await house.ask(by, 'POST', at(group, '/faults'), { json: { epoch: '1' } })).status).to.equal(202)
    const [faulty, ...others] = await list('&faults=reported')
    expect([faulty?.['group'], others]).to.deep.equal([group, []])
    const { count, last } = faulty!['faults'] as { count: number; last: number }
    expect([count, last]).to.deep.equal([2, house.clock.now()])
    expect((await list()).filter((one) => one['faults'] !== undefined)).to.have.length(1)

    const first = await ask('POST', `groups/${uri(group)}/reset`, { why: 'nobody follows' }, 'r')
    expect(first.status, JSON.stringify(first.body)).to.equal(200)
    expect((await ask('POST', `groups/${uri(group)}/reset`, { why: 'nobody follows' }, 'r')).body).to.deep.equal(
      first.body,
    )
    expect(said(await ask('POST', `groups/${uri(group)}/reset`, { why: 'x' }))).to.deep.equal([410, 'group-deleted'])
    const gone = await house.ask(bob, 'GET', at(group))
    expect([said(gone), gone.body['successor']]).to.deep.equal([[410, 'group-deleted'], undefined])
    const [act] = (await ask('GET', 'acts')).body['acts'] as readonly object[]
    expect(act).to.deep.include({ what: { type: 'resetGroup', group }, why: 'nobody follows' })
    const items = await house.ask({ token: carol.queueToken }, 'GET', `/v1/queues/${uri(carol.queue)}/items?limit=500`)
    const told = (items.body['items'] as readonly { readonly kind?: string }[]).filter(
      ({ kind }) => kind === 'groupReset',
    )
    expect(told).to.have.length(1)
    expect(told[0]).to.include({ group }).and.not.have.property('successor')
    expect(await list('&faults=reported')).to.deep.equal([])
    expect((await list()).find((one) => one['group'] === group)).to.include({ status: 'reset' })
  })

  it('of nobody, or of another server, are not there', async () => {
    const { group } = await createdBy(house.door, alice)
    const before = (await house.events()).length
    for (const other of [group.replace(/.{22}$/, 'AAAAAAAAAAAAAAAAAAAAAA'), group.replace('example.org', 'a.example')])
      for (const [method, rest] of [
        ['DELETE', ''],
        ['POST', '/reset'],
      ] as const)
        expect(said(await ask(method, `groups/${uri(other)}${rest}`, { why: 'x' }))).to.deep.equal([
          404,
          'no-such-group',
        ])
    expect((await house.events()).length).to.equal(before)
  })
})
