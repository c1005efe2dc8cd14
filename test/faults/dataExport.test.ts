/** All that the server holds of a user: told to its own clients, whole, and nothing of others. */
import { expect } from 'chai'
import { createHash } from 'node:crypto'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { Damaged } from '#src/client/assets/sealed/damaged.js'
import { createAccount, memoryStore } from '#src/client/index.js'
import { at } from '../api/groupPeople.js'
import { publishable } from '../commands/mlsFixture.js'
import { forgedMessage, forging, gathered } from './forgers.js'
import { openHouse } from './house.js'
import type { RealHouse, Resident } from './house.js'

type Line = { readonly kind: string; readonly [field: string]: unknown }

describe('the data of a user', () => {
  let house: RealHouse
  let [alice, bob]: readonly Resident[] = []
  let group: string
  before(async () => {
    house = await openHouse()
    const people = [
      forging(house, await house.register('exported.alice')),
      forging(house, await house.register('exported.bob')),
    ] as const
    ;[alice, bob] = people
    const made = await gathered(house, people)
    group = made.group
    const keyPackages = [Buffer.from(await publishable(house.door.world, people[0], true)).toString('base64url')]
    await house.ask(alice, 'POST', '/v1/keyPackages', { json: { keyPackages } })
    const claim = `/v1/users/${encodeURIComponent(alice.user)}/keyPackages/claim`
    expect((await house.ask(bob, 'POST', claim, { json: { cipherSuite: 1 } })).status).to.equal(200)
    const profile = { json: { profile: 'c2VjcmV0' }, headers: { 'if-match': '"0"' } }
    for (const [method, path, options] of [
      ['PUT', '/v1/users/me/profile', profile],
      ['PATCH', '/v1/users/me', { json: { claims: 'contacts' } }],
      ['POST', at(made.group, '/messages'), { mls: forgedMessage(made.group, 1n) }],
    ] as const)
      expect((await house.ask(alice, method, path, options)).status).to.be.lessThan(300)
  })
  after(() => house.close())

  const exported = async (by: Resident): Promise<readonly Line[]> => {
    const answer = await house.ask(by, 'GET', '/v1/users/me/export')
    expect(answer.status).to.equal(200)
    expect(answer.headers.get('content-type')).to.equal('application/octet-stream')
    const text = Buffer.from(answer.bytes).toString()
    const lines = text.trimEnd().split('\n')
    const last = JSON.parse(lines.at(-1) ?? '') as { readonly count: number; readonly sha256: string }
    const before = text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1)
    expect(last.count).to.equal(lines.length - 1)
    expect(last.sha256).to.equal(createHash('sha256').update(before).digest('base64url'))
    return lines.map((line) => JSON.parse(line) as Line)
  }

  it('has every event about the user, its handle, profile, groups and what waits for it', async () => {
    const lines = await exported(alice!)
    expect(lines[0]).to.include({ kind: 'mls-homeserver-user', version: 1, user: alice!.user })
    const of = (kind: string): readonly Line[] => lines.filter((line) => line.kind === kind)
    expect(of('account')[0]).to.include({ handle: 'exported.alice', claims: 'contacts' })
    expect(of('profile')).to.deep.equal([{ kind: 'profile', version: 1, profile: 'c2VjcmV0' }])
    expect(of('group').map((line) => line['group'])).to.deep.equal([group])
    const log = await house.log()
    const about = log.filter(({ type, data }) => isAbout(type, data, alice!))
    expect(about.length).to.be.greaterThan(4)
    const told = of('event').map((line) => `${String(line['stream'])}@${String(line['revision'])}`)
    expect(told).to.include.members(about.map(({ stream, revision }) => `${stream}@${revision}`))
  })
  const ownTypes = /^(User|Client|SignatureKey|Handle|KeyPackage|Policy|Connection|Recovery)/
  const isAbout = (type: string, data: StoredEvent['data'], { user, client }: Resident): boolean => {
    const of = data as Readonly<Record<string, unknown>>
    return ownTypes.test(type) && (of['user'] === user || of['client'] === client)
  }

  it('names nobody else, but contacts and who is in the items that wait', async () => {
    const own = (await exported(alice!)).filter(({ kind }) => kind !== 'waiting' && kind !== 'contact')
    expect(JSON.stringify(own)).to.not.include(bob!.user).and.not.include(bob!.client)
  })

  it('is told to nobody without a token of a client, and not to another', async () => {
    expect((await house.ask(undefined, 'GET', '/v1/users/me/export')).status).to.equal(401)
    expect((await house.ask({ token: alice!.queueToken }, 'GET', '/v1/users/me/export')).status).to.equal(403)
    expect((await exported(bob!))[0]).to.include({ user: bob!.user })
  })

  it('comes through the SDK as it comes, and is known where it was cut', async () => {
    const client = await createAccount({ server: house.server.url, store: memoryStore(), handle: 'exported.carol' })
    const pieces: Uint8Array[] = []
    for await (const piece of client.exportAccount()) pieces.push(piece)
    const text = Buffer.concat(pieces).toString()
    expect(JSON.parse(text.slice(0, text.indexOf('\n')))).to.include({ user: client.user })
    const real = globalThis.fetch
    globalThis.fetch = async (input, init) => {
      const answer = await real(input, init)
      if (!answer.url.endsWith('/export')) return answer
      return new Response((await answer.text()).slice(0, -20), { headers: answer.headers })
    }
    const cut = await (async () => {
      for await (const _ of client.exportAccount());
    })().catch((error: unknown) => error)
    globalThis.fetch = real
    expect(cut).to.be.instanceOf(Damaged)
    await client.close()
  })
})
