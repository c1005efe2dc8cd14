/** Every id of another, of nobody, of another server: all the same answer; and what is left to who lost its access. */
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { expect } from 'chai'
import { makeId } from '#src/mls/wire/ids.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import type { Answer } from '../api/groupHouse.js'
import { contentDigest, fileOf, reserved as reservedAsset, shared as sharedAsset } from '../api/assets/sharing.js'
import { at, circleOf, commitBy, createdBy, reserved } from '../api/groupPeople.js'
import type { Circle } from '../api/groupPeople.js'
import { commitOf, domain, messageOf, proposalOf, publishable, random, remove } from '../commands/mlsFixture.js'
import { eventually } from '../stores/eventually.js'
import { forgedSignal } from '../support/forgedSignal.js'
import { operationsOf } from './contract.js'
import { openHouse, operator } from './house.js'
import { newReceiver } from '../support/pushReceiver.js'
import type { Bearer, RawOptions, RealHouse, Resident } from './house.js'

type Ask = { readonly by: Bearer; readonly options?: RawOptions }
const fresh = (kind: 'user' | 'client' | 'group' | 'queue' | 'asset'): string => makeId(kind, domain, random(16))
const abroad = (id: string): string => id.replace(domain, 'example.net')

/** Bytes, and a capability that is none. */
const assetRequests = ({ by }: Ask, capability: string): Record<string, Ask> => {
  const bytes = Buffer.from('bytes')
  const octets = { mls: bytes, media: 'application/octet-stream', headers: { 'content-digest': contentDigest(bytes) } }
  const tus = (more: Record<string, string> = {}): Ask => ({
    by,
    options: { headers: { 'tus-resumable': '1.0.0', ...more } },
  })
  const patch = { mls: bytes, media: 'application/offset+octet-stream' }
  return {
    'GET asset /v1/assets/{asset}': { by, options: { headers: { 'asset-capability': capability } } },
    'HEAD asset /v1/assets/{asset}': { by, options: { headers: { 'asset-capability': capability } } },
    'PUT asset /v1/assets/{asset}': { by, options: octets },
    'DELETE asset /v1/assets/{asset}': { by },
    'POST asset /v1/assets/{asset}/renewal': { by },
    'POST asset /v1/assets/{asset}/upload': tus({ 'upload-length': '5' }),
    'HEAD asset /v1/assets/{asset}/upload': tus(),
    'PATCH asset /v1/assets/{asset}/upload': {
      by,
      options: { ...patch, headers: { 'tus-resumable': '1.0.0', 'upload-offset': '0' } },
    },
    'DELETE asset /v1/assets/{asset}/upload': tus(),
  }
}

/** The answer but for what differs in every answer. */
const shown = ({ status, body }: Answer): object => {
  const { requestId: _, ...rest } = body
  return { status, ...rest }
}

describe('an id', () => {
  let house: RealHouse
  let people: Record<'alice' | 'bob' | 'carol' | 'dave' | 'erin' | 'mallory', Resident>
  let all: Circle
  let closed: GroupId
  /** One that alice made, by its hash. */
  let invitation: string
  /** A connection request that waits for dave’s answer. */
  let request: string
  before(async () => {
    house = await openHouse()
    const [alice, bob, carol, dave, erin, mallory] = (await Promise.all(
      Array.from({ length: 6 }, () => house.register()),
    )) as [Resident, Resident, Resident, Resident, Resident, Resident]
    people = { alice, bob, carol, dave, erin, mallory }
    all = await circleOf(house.door, alice, bob, carol)
    closed = (await createdBy(house.door, alice)).group
    await must(house.ask(alice, 'DELETE', at(closed)))
    const asked = await must(
      house.ask(alice, 'POST', `/v1/users/${encodeURIComponent(dave.user)}/requests`, { json: { ciphertext: 'AAAA' } }),
    )
    request = String(asked.body['request'])
    const letInvite = { value: 5, why: 'users invite' }
    await must(house.ask(operator, 'PUT', '/v1/operator/limits/invitationsPerUserMax', { json: letInvite }))
    invitation = String((await must(house.ask(alice, 'POST', '/v1/invitations', { json: {} }))).body['hash'])
    await must(house.ask(dave, 'PUT', `/v1/blocks/${encodeURIComponent(mallory.user)}`))
    await must(house.ask(erin, 'DELETE', '/v1/users/me'))
    for (const person of [alice, dave]) {
      const keyPackages = [toBase64url(await publishable(house.door.world, person, true))]
      await must(house.ask(person, 'POST', '/v1/keyPackages', { json: { keyPackages } }))
    }
  })
  after(() => house.close())

  const must = async (answer: Promise<Answer>): Promise<Answer> => {
    const given = await answer
    if (given.status >= 300) throw new Error(JSON.stringify(given.body))
    return given
  }

  /** What mallory sends to each route that names something; the groups' are as good as a member's. */
  const requests = async (): Promise<Record<string, Ask>> => {
    const { mallory, bob } = people
    const { commit, groupInfo } = await commitOf(all.of(bob))
    const bundle = { commit: toBase64url(commit), groupInfo: toBase64url(groupInfo) }
    const { message } = await messageOf(all.of(bob), 'hello')
    const proposal = (await proposalOf(all.of(bob), remove(1))).message
    const successor = await reserved(house.door, mallory)
    const mine = (json?: object, headers: Record<string, string> = {}): Ask => ({
      by: mallory,
      options: { headers, ...(json === undefined ? {} : { json }) },
    })
    const queue: Ask = { by: { token: mallory.queueToken } }
    return {
      'PUT group /v1/groups/{group}': mine({ groupInfo: toBase64url(groupInfo) }),
      'GET group /v1/groups/{group}': mine(),
      'DELETE group /v1/groups/{group}': mine(),
      'POST group /v1/groups/{group}/proposals': mine({ proposal: toBase64url(proposal) }),
      'POST group /v1/groups/{group}/commits': mine(bundle),
      'POST group /v1/groups/{group}/messages': mine({ message: toBase64url(message) }),
      'POST group /v1/groups/{group}/signals': mine({ signal: toBase64url(forgedSignal(all.group, 2n, 1)) }),
      'GET group /v1/groups/{group}/groupInfo': mine(),
      'GET group /v1/groups/{group}/tree': mine(),
      'GET group /v1/groups/{group}/commits': { ...mine(), options: { headers: {} } },
      'PUT group /v1/groups/{group}/roles/{user}': mine({ role: 'admin' }),
      'PUT group /v1/groups/{group}/settings': mine({ retentionMs: 5_000 }),
      'GET group /v1/groups/{group}/profile': mine(),
      'PUT group /v1/groups/{group}/profile': mine({ profile: 'AAAA' }, { 'if-match': '"0"' }),
      'POST group /v1/groups/{group}/faults': mine({ epoch: '0' }),
      'POST group /v1/groups/{group}/reset': mine({ successor }),
      'GET user /v1/users/{user}/clients': mine(),
      'POST user /v1/users/{user}/requests': mine({ ciphertext: 'AAAA' }),
      'POST user /v1/users/{user}/keyPackages/claim': mine({ cipherSuite: 1 }),
      'DELETE client /v1/clients/{client}': mine(),
      'POST client /v1/clients/{client}/keyPackages/claim': mine({ cipherSuite: 1 }),
      'POST request /v1/requests/{request}/accept': mine({}),
      'POST request /v1/requests/{request}/reject': mine(),
      'GET queue /v1/queues/{queue}': queue,
      'GET queue /v1/queues/{queue}/items': queue,
      'POST queue /v1/queues/{queue}/acknowledgements': { ...queue, options: { json: { upTo: await cursor() } } },
      'GET queue /v1/queues/{queue}/welcomes/{digest}': queue,
      'GET digest /v1/queues/{queue}/welcomes/{digest}': queue,
      'DELETE queue /v1/queues/{queue}': queue,
      'GET queue /v1/queues/{queue}/push': queue,
      'POST queue /v1/queues/{queue}/push': {
        ...queue,
        options: { json: { endpoint: 'https://push.example.net/x', keys: newReceiver().keys } },
      },
      'DELETE queue /v1/queues/{queue}/push/{subscription}': queue,
      'PUT queue /v1/queues/{queue}/push/policy': { ...queue, options: { json: { default: 'none', groups: {} } } },
      'GET user /v1/users/{user}/profile': mine(),
      'POST client /v1/clients/{client}/history': mine({ offer: 'AAAA' }),
      'DELETE invitation /v1/invitations/{invitation}': mine(),
      ...assetRequests(mine(), toBase64url(random(32))),
    }
  }

  /** Those where an id of another is no secret, or is the caller’s own business. */
  const exempt = new Set([
    'PUT user /v1/blocks/{user}',
    'DELETE user /v1/blocks/{user}',
    // An admin's, of its own group: below.
    'PUT user /v1/groups/{group}/roles/{user}',
    // An operator's, of bytes that are nobody's.
    'DELETE digest /v1/operator/takedowns/{digest}',
    // Of the own queue: removing what is not there changes nothing.
    'DELETE subscription /v1/queues/{queue}/push/{subscription}',
    'DELETE name /v1/operator/tokens/{name}',
    // Nobody's either: other servers.
    'GET domain /v1/authority/{domain}',
    'GET domain /v1/authority/{domain}/revocations',
    'GET domain /v1/operator/peers/{domain}',
    'PUT domain /v1/operator/peers/{domain}/policy',
    'PUT domain /v1/operator/peers/{domain}/root',
    'POST domain /v1/operator/peers/{domain}/pause',
    'POST domain /v1/operator/peers/{domain}/resume',
    'POST domain /v1/operator/peers/{domain}/reset',
    'DELETE domain /v1/operator/peers/{domain}/backlog',
    // An operator sees everybody: test/api/operatorPeople.test.ts.
    'DELETE group /v1/operator/groups/{group}',
    'POST group /v1/operator/groups/{group}/reset',
    'GET report /v1/operator/reports/{report}',
    'POST report /v1/operator/reports/{report}/close',
    'GET user /v1/operator/users/{user}',
    'POST user /v1/operator/users/{user}/disable',
    'POST user /v1/operator/users/{user}/enable',
    'DELETE user /v1/operator/users/{user}',
    'DELETE user /v1/operator/users/{user}/handle',
    'DELETE user /v1/operator/users/{user}/clients/{client}',
    'DELETE client /v1/operator/users/{user}/clients/{client}',
    'DELETE invitation /v1/operator/invitations/{invitation}',
    'POST projection /v1/operator/projections/{projection}/changes',
    // An auditor's: what was is told of anybody.
    ...['moment', 'group'].map((one) => `GET ${one} /v1/audit/asOf/{moment}/groups/{group}`),
    ...['moment', 'user'].map((one) => `GET ${one} /v1/audit/asOf/{moment}/users/{user}`),
    ...['moment', 'client'].map((one) => `GET ${one} /v1/audit/asOf/{moment}/clients/{client}/keyPackages`),
    'POST projection /v1/operator/projections/{projection}/skips',
    // Names of limits are everybody's, and what the server was is of nobody.
    'PUT name /v1/operator/limits/{name}',
    'DELETE name /v1/operator/limits/{name}',
    ...['limits', 'registration', 'maintenance'].map((one) => `GET moment /v1/audit/asOf/{moment}/${one}`),
  ])

  const cursor = async (): Promise<string> =>
    String((await must(house.ask(people.mallory, 'GET', '/v1/users/me'))).body['position'])

  const welcomeOf = async ({ queue, queueToken }: Resident): Promise<string> => {
    const path = `/v1/queues/${encodeURIComponent(queue)}/items`
    return eventually('the Welcome', async () => {
      const { body } = await house.ask({ token: queueToken }, 'GET', path)
      const items = body['items'] as readonly { readonly type: string; readonly digest?: string }[]
      return items.find(({ type }) => type === 'welcome')?.digest
    })
  }

  it('of another answers like that of nobody, on every route', async () => {
    const { alice, bob, dave, erin, mallory } = people
    const digest = await welcomeOf(bob)
    const own = { user: bob.user, queue: mallory.queue, digest, subscription: 'A'.repeat(22) }
    const file = fileOf(1_000)
    const assets = [await sharedAsset(house, alice, file), await reservedAsset(house, alice, file)]
    const strange: Record<string, readonly string[]> = {
      group: [all.group, closed, await reserved(house.door, alice), abroad(all.group)],
      user: [dave.user, erin.user, abroad(alice.user), abroad(mallory.user)],
      client: [dave.client, erin.client, abroad(alice.client), abroad(mallory.client)],
      request: [request],
      queue: [alice.queue, alice.directQueue, erin.queue, erin.directQueue, abroad(mallory.queue)],
      digest: [digest],
      asset: assets,
      invitation: [invitation],
    }
    const nobody: Record<string, string> = {
      group: fresh('group'),
      user: fresh('user'),
      client: fresh('client'),
      request: '0b7c6a52-3f4c-5f9e-8f2b-1d1a5f4f8a11',
      queue: fresh('queue'),
      digest: 'A'.repeat(43),
      invitation: 'A'.repeat(43),
      asset: fresh('asset'),
    }
    const before = await house.head()
    const asked = await requests()
    const reservations = await house.head()
    for (const operation of await operationsOf(house.server.url)) {
      for (const param of operation.params) {
        const name = `${operation.method} ${param} ${operation.path}`
        if (exempt.has(name)) continue
        const ask = asked[name]
        if (ask === undefined) {
          expect(operation.path, `no case for ${name}`).to.equal('/v1/queues/{queue}/items')
          continue
        }
        const to = (id: string): Promise<Answer> => {
          const names: Record<string, string> = { ...own, [param]: id }
          const path = operation.path.replaceAll(/\{([^}]+)\}/g, (_, field: string) =>
            encodeURIComponent(names[field]!),
          )
          const query = name.endsWith('/commits') && operation.method === 'GET' ? '?from=0' : ''
          return house.ask(ask.by, operation.method, path + query, ask.options)
        }
        const expected = shown(await to(nobody[param]!))
        expect(expected, name).to.have.property('status', 404)
        for (const id of strange[param]!) expect(shown(await to(id)), `${name} ${id}`).to.deep.equal(expected)
      }
    }
    expect(reservations).to.be.greaterThan(before)
    expect(await house.head()).to.equal(reservations)
  })

  it('of a queue opens for no other token, not even that of the client that made it', async () => {
    const { alice, mallory } = people
    const path = (queue: string) => `/v1/queues/${encodeURIComponent(queue)}/items`
    const expected = shown(await house.ask(mallory, 'GET', path(fresh('queue'))))
    expect(expected).to.include({ status: 404, code: 'no-such-queue' })
    for (const [by, queue] of [
      [mallory, mallory.queue],
      [mallory, alice.directQueue],
      [mallory, alice.queue],
      [{ token: mallory.queueToken }, mallory.directQueue],
    ] as const) {
      expect(shown(await house.ask(by, 'GET', path(queue)))).to.deep.equal(expected)
    }
    expect(await house.ask(mallory, 'GET', path(mallory.directQueue))).to.have.property('status', 200)
    expect(await house.ask({ token: mallory.queueToken }, 'GET', path(mallory.queue))).to.have.property('status', 200)
  })

  it('of somebody outside names no member for an admin either', async () => {
    const { alice, mallory } = people
    const to = (user: string) =>
      house.ask(alice, 'PUT', at(all.group, `/roles/${encodeURIComponent(user)}`), { json: { role: 'admin' } })
    const expected = shown(await to(fresh('user')))
    expect(expected).to.include({ status: 404, code: 'no-such-user' })
    for (const user of [mallory.user, abroad(people.bob.user)]) expect(shown(await to(user))).to.deep.equal(expected)
  })

  it('in an assertion is not confirmed to who has not its key', async () => {
    const { alice, mallory, erin } = people
    const exchange = async (id: string): Promise<object> => {
      const assertion = await house.assertionOf(id, mallory.key)
      const json = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
      return shown(await house.ask(undefined, 'POST', '/v1/token', { json }))
    }
    const expected = await exchange(fresh('client'))
    expect(expected).to.include({ status: 401, code: 'not-authenticated' })
    for (const id of [alice.client, alice.queue, erin.client, fresh('queue'), abroad(mallory.client), 'nobody', '']) {
      expect(await exchange(id), id).to.deep.equal(expected)
    }
    const foreign = await house.assertionOf(abroad(mallory.queue), mallory.queueKey)
    const json = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: foreign }
    expect(shown(await house.ask(undefined, 'POST', '/v1/token', { json }))).to.deep.equal(expected)
  })

  it('of another server never reaches ours by its random part, not even inside a body', async () => {
    const { alice } = people
    const { group } = await createdBy(house.door, alice)
    const successor = abroad(await reserved(house.door, alice))
    const before = await house.head()
    const answer = await house.ask(alice, 'POST', at(group, '/reset'), { json: { successor } })
    expect(shown(answer)).to.include({ status: 400, code: 'malformed' })
    expect(await house.head()).to.equal(before)
  })

  it('in a report is answered like that of nobody, whatever else it says', async () => {
    const { alice, mallory } = people
    const complaint = (group: string): object => ({
      ...{ group, accused: alice.user, at: 1_800_000_000_000, category: 'spam' },
      ...{ content: 'AAAA', salt: 'AAAA', tag: 'AAAA', frank: 'AAAA' },
    })
    const report = async (group: string) =>
      shown(await house.ask(mallory, 'POST', '/v1/reports', { json: complaint(group) }))
    const expected = await report(fresh('group'))
    expect(expected).to.include({ status: 404, code: 'no-such-group' })
    for (const group of [all.group, closed, await reserved(house.door, alice), abroad(all.group)])
      expect(await report(group), group).to.deep.equal(expected)
  })

  it('of a group one was removed from is answered with not-a-member, and nothing of it comes any more', async () => {
    const { alice, bob, carol } = people
    const before = all.of(bob)
    const { message } = await messageOf(before, 'as a member')
    const items = async () => {
      const path = `/v1/queues/${encodeURIComponent(bob.queue)}/items`
      const { body } = await house.ask({ token: bob.queueToken }, 'GET', path)
      return body['items'] as readonly { readonly type: string; readonly epoch?: string; readonly group?: string }[]
    }
    expect(await commitBy(all, alice, [remove(1)], [carol])).to.have.property('status', 201)
    const removed = await eventually('the Commit that removed bob', async () => {
      const seen = await items()
      return seen.some(({ type, epoch }) => type === 'commit' && epoch === '2') ? seen : undefined
    })
    const head = await house.head()
    const { commit, groupInfo } = await commitOf(before)
    const proposal = (await proposalOf(before, remove(1))).message
    const asked: readonly (readonly [string, string, RawOptions?])[] = [
      ['POST', '/messages', { mls: message }],
      ['POST', '/messages', { mls: (await messageOf(before, 'still here')).message }],
      ['POST', '/proposals', { mls: proposal }],
      ['POST', '/commits', { mls: Buffer.concat([commit, groupInfo]) }],
      ['GET', ''],
      ['GET', '/groupInfo'],
      ['GET', '/tree'],
      ['GET', '/profile'],
      ['PUT', '/profile', { json: { profile: 'AAAA' }, headers: { 'if-match': '"0"' } }],
      ['PUT', '/settings', { json: { retentionMs: 5_000 } }],
      ['PUT', `/roles/${encodeURIComponent(bob.user)}`, { json: { role: 'admin' } }],
      ['POST', '/faults', { json: { epoch: '1' } }],
      ['POST', '/reset', { json: { successor: await reserved(house.door, bob) } }],
      ['DELETE', ''],
    ]
    const reservation = await house.head()
    for (const [method, rest, options] of asked) {
      const answer = await house.ask(bob, method, at(all.group, rest), options)
      expect(shown(answer), `${method} ${rest}`).to.include({ status: 403, code: 'not-a-member' })
    }
    expect(reservation).to.be.greaterThan(head)
    expect(await house.head()).to.equal(reservation)

    const { message: later } = await messageOf(all.of(alice), 'without bob')
    await must(house.ask(alice, 'POST', at(all.group, '/messages'), { mls: later }))
    await must(house.ask(alice, 'PUT', at(all.group, '/settings'), { json: { retentionMs: 5_000 } }))
    const position = String((await must(house.ask(bob, 'GET', '/v1/users/me'))).body['position'])
    await house.ask(bob, 'GET', `/v1/contacts?atLeast=${position}`)
    expect(await items()).to.deep.equal(removed)
  })
})
