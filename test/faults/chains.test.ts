/** What takes several commands, under kill -9 and asked again under its key: done to the end, once, for everybody. */
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { expect } from 'chai'
import type { GroupId } from '#src/mls/wire/ids.js'
import type { Answer } from '../api/groupHouse.js'
import { at } from '../api/groupPeople.js'
import { makeTestKey } from '../api/testClient.js'
import { eventually } from '../stores/eventually.js'
import { forging, gathered } from './forgers.js'
import { openHouse } from './house.js'
import type { RealHouse } from './house.js'
import { keyPackageOf, lastResort } from './sizes.js'

const rounds = 2
const atOnce = 20
const groupsLeft = 8

type Claimed = { readonly client: string; readonly ref: string; readonly lastResort: boolean }
type Twice = { readonly first: Answer | undefined; readonly again: Answer }

describe('when the server dies in the middle', () => {
  let house: RealHouse
  before(async () => {
    house = await openHouse()
  })
  after(() => house.close())

  const restart = async (): Promise<void> => {
    await house.server.crash()
    await house.server.restart()
  }

  /** All of them at once; kill -9 when so many were answered; then all of them again. */
  const underKill = async (
    asks: readonly (() => Promise<Answer>)[],
    answeredBefore: number,
  ): Promise<readonly Twice[]> => {
    const first = asks.map((): Answer | undefined => undefined)
    let enough: () => void = () => undefined
    const some = new Promise<void>((resolve) => (enough = resolve))
    const asked = asks.map(async (ask, n) => {
      first[n] = await ask().catch(() => undefined)
      if (first.filter((answer) => answer !== undefined).length > answeredBefore) enough()
    })
    await some
    await house.server.crash()
    await Promise.all(asked)
    await house.server.restart()
    return Promise.all(asks.map(async (ask, n) => ({ again: await ask(), first: first[n] })))
  }
  const sameAgain = ({ first, again }: Twice, status: number): void => {
    expect(again.status, JSON.stringify(again.body)).to.equal(status)
    if (first !== undefined) expect(again.body).to.deep.equal(first.body)
  }

  it('a claim takes exactly one KeyPackage of each client of a user', async () => {
    const stock = rounds * atOnce + 5
    const [asker, owner] = [await house.register(), await house.register()]
    const clients = [forging(house, owner), forging(house, await house.link(owner))]
    for (const client of clients) {
      const packages = Array.from({ length: stock }, () => keyPackageOf(client.forger))
      const keyPackages = [lastResort(client.forger), ...packages].map(toBase64url)
      const answer = await house.ask(client, 'POST', '/v1/keyPackages', { json: { keyPackages } })
      expect(answer.status, JSON.stringify(answer.body)).to.equal(201)
    }
    const path = `/v1/users/${encodeURIComponent(owner.user)}/keyPackages/claim`
    const claim = (key: string) => house.ask(asker, 'POST', path, { json: { cipherSuite: 1 }, key })
    const taken: string[] = []
    for (let round = 0; round < rounds; round++) {
      const asks = Array.from({ length: atOnce }, (_, n) => () => claim(`${String(round)}-${String(n)}`))
      for (const twice of await underKill(asks, round * 5)) {
        sameAgain(twice, 200)
        const claimed = twice.again.body['keyPackages'] as readonly Claimed[]
        expect(claimed.map(({ client }) => client)).to.have.members(clients.map(({ client }) => client))
        expect(claimed.filter((one) => one.lastResort)).to.deep.equal([])
        taken.push(...claimed.map(({ ref }) => ref))
      }
    }
    expect(new Set(taken).size).to.equal(clients.length * rounds * atOnce)
    for (const client of clients) {
      const { body } = await house.ask(client, 'GET', '/v1/keyPackages')
      expect(body['stock']).to.deep.equal([{ cipherSuite: 1, count: stock - rounds * atOnce, lastResort: true }])
    }
  })

  it('a registration ends with one user of that handle, who was not there before', async () => {
    const asks: (() => Promise<Answer>)[] = []
    for (let n = 0; n < atOnce; n++) {
      const { body } = await house.ask(undefined, 'POST', '/v1/ids', { json: {} })
      const { user, client } = body as { user: string; client: string }
      const csr = toBase64url(await (await makeTestKey()).csr([user, client]))
      const json = { user, client, handle: `registrant.${String(n)}`, csr }
      asks.push(() => house.ask(undefined, 'POST', '/v1/users', { json, key: `registration-${String(n)}` }))
    }
    const twice = await underKill(asks, 3)
    const finder = await house.register()
    for (const [n, one] of twice.entries()) {
      sameAgain(one, 201)
      const { position, user } = one.again.body as { position: string; user: string }
      const found = await house.ask(finder, 'GET', `/v1/directory?handle=registrant.${String(n)}&atLeast=${position}`)
      expect(JSON.stringify(found.body)).to.contain(user)
    }
    const registered = (await house.events()).filter(({ type }) => type === 'UserRegistered')
    const users = registered.map(({ data }) => (data as { user: string }).user)
    expect(new Set(users).size).to.equal(users.length)
  })

  it('a user that is deleted is required to be removed from every one of its groups', async () => {
    const [alice, bob] = [forging(house, await house.register()), forging(house, await house.register())]
    const groups: GroupId[] = []
    for (let n = 0; n < groupsLeft; n++) groups.push((await gathered(house, [alice, bob])).group)
    expect(await house.ask(bob, 'DELETE', '/v1/users/me')).to.have.property('status', 200)
    await restart()
    for (const group of groups) {
      await eventually('the removal', async () => {
        const { body } = await house.ask(alice, 'GET', at(group))
        return JSON.stringify(body['pending'] ?? '').includes(bob.client)
      })
    }
    const required = (await house.events()).filter(
      ({ type, data }) => type === 'RemovalRequired' && groups.includes((data as { group: GroupId }).group),
    )
    expect(required).to.have.length(groupsLeft)
  })
})
