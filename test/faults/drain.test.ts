/** Who wants all of a user's KeyPackages meets a limit, and even who got them all leaves the last resort in its place. */
import { expect } from 'chai'
import type { Answer } from '../api/groupHouse.js'
import { publishable } from '../commands/mlsFixture.js'
import { eventually } from '../stores/eventually.js'
import { limitsWith, openHouse } from './house.js'
import type { RealHouse, Resident } from './house.js'

const perRequester = 20
const stock = 30

describe('draining the KeyPackages of a user', () => {
  let house: RealHouse
  before(async () => {
    const claims = { burst: perRequester, everyMs: 3 * 60_000 }
    house = await openHouse({ LIMITS: limitsWith({ claimsPerRequesterAndTarget: claims }) })
  })
  after(() => house.close())

  const stocked = async (): Promise<Resident> => {
    const victim = await house.register()
    const packages = await Promise.all(
      Array.from({ length: stock }, (_, n) => publishable(house.door.world, victim, n === 0)),
    )
    const keyPackages = packages.map((bytes) => Buffer.from(bytes).toString('base64url'))
    expect(await house.ask(victim, 'POST', '/v1/keyPackages', { json: { keyPackages } })).to.have.property(
      'status',
      201,
    )
    return victim
  }
  const claim = (by: Resident, victim: Resident): Promise<Answer> =>
    house.ask(by, 'POST', `/v1/clients/${encodeURIComponent(victim.client)}/keyPackages/claim`, {
      json: { cipherSuite: 1 },
    })

  it('ends for one requester at its limit, with the time to wait, however many it asks at once', async () => {
    const victim = await stocked()
    const [attacker, friend] = [await house.register(), await house.register()]
    const answers = await Promise.all(Array.from({ length: 3 * perRequester }, () => claim(attacker, victim)))
    const taken = answers.filter(({ status }) => status === 200)
    expect(taken).to.have.length(perRequester)
    expect(new Set(taken.map(({ body }) => body['ref'])).size).to.equal(perRequester)
    for (const { status, body, headers } of answers.filter((answer) => answer.status !== 200)) {
      expect([status, body['code']]).to.deep.equal([429, 'rate-limited'])
      expect(Number(headers.get('retry-after'))).to.equal(body['retryAfter'])
      expect(body['retryAfter']).to.be.within(1, 3 * 60)
    }
    const { body } = await house.ask(victim, 'GET', '/v1/keyPackages')
    expect(body['stock']).to.deep.equal([{ cipherSuite: 1, count: stock - 1 - perRequester, lastResort: true }])
    expect((await claim(friend, victim)).body).to.include({ lastResort: false })
  })

  it('by many hands leaves the last resort, over and over, and the owner hears of it', async () => {
    const victim = await stocked()
    const attackers = await Promise.all(Array.from({ length: 3 }, () => house.register()))
    const answers = await Promise.all(
      attackers.flatMap((attacker) => Array.from({ length: perRequester }, () => claim(attacker, victim))),
    )
    expect(answers.every(({ status }) => status === 200)).to.equal(true)
    const once = answers.filter(({ body }) => body['lastResort'] === false)
    const last = answers.filter(({ body }) => body['lastResort'] === true)
    expect(new Set(once.map(({ body }) => body['ref'])).size).to.equal(stock - 1)
    expect(once).to.have.length(stock - 1)
    expect(last).to.have.length(attackers.length * perRequester - (stock - 1))
    expect(new Set(last.map(({ body }) => body['ref'])).size).to.equal(1)
    const { body } = await house.ask(victim, 'GET', '/v1/keyPackages')
    expect(body['stock']).to.deep.equal([{ cipherSuite: 1, count: 0, lastResort: true }])
    const kinds = await eventually('the notices', async () => {
      const items = await house.ask(victim, 'GET', `/v1/queues/${encodeURIComponent(victim.directQueue)}/items`)
      const notices = (items.body['items'] as { readonly kind?: string }[]).map(({ kind }) => kind)
      return notices.includes('lastResortUsed') ? notices : undefined
    })
    expect(kinds).to.include('keyPackagesLow')
  })
})
