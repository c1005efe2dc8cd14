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

  it('of nobody, or of another server, are not there', async () => {
    const { group } = await createdBy(house.door, alice)
    const before = (await house.events()).length
    for (const other of [group.replace(/.{22}$/, 'AAAAAAAAAAAAAAAAAAAAAA'), group.replace('example.org', 'a.example')])
      expect(said(await ask('DELETE', `groups/${uri(other)}`, { why: 'x' }))).to.deep.equal([404, 'no-such-group'])
    expect((await house.events()).length).to.equal(before)
  })
})
