/** Every limit that a request can reach: what just fits is taken, one more is refused with its code and changes nothing. */
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import type { Limits, RateName } from '#src/limits/limits.js'
import { at, reserved } from '../api/groupPeople.js'
import { forgedMessage, forging, founded, gathered } from './forgers.js'
import { keepAliveTimeoutMs } from '../support/patientLimits.js'
import { limitsWith, openHouse } from './house.js'
import type { RealHouse } from './house.js'
import { limitRows, lowered } from './limitRows.js'
import { rateRows } from './rateRows.js'
import { nested, newGroupOfSize } from './sizes.js'

/** What is tried in a file of its own, or under a clock moved by hand. */
const elsewhere: { readonly [Name in keyof Limits | RateName]?: string } = {
  acknowledgementsPerClient: 'api/realtime/openQueues.test',
  answerTakenMsMax: 'api/requestsInTurn.test',
  assertionMsMax: 'api/tokens.test',
  assetBytesMax: 'commands/assets.test',
  assetBytesPerSecondMin: 'api/assets/uploads.test',
  assetBytesPerUserMax: 'commands/assets.test',
  assetKeepMs: 'reactions/assets.test',
  assetMs: 'reactions/assets.test',
  assetPartBytesMax: 'api/assets/uploads.test',
  assetPartsMax: 'api/assets/uploads.test',
  assetStallMsMax: 'api/assets/uploads.test',
  assetUnfinishedMs: 'reactions/assets.test',
  assetUploadsAtOncePerUserMax: 'api/assets/uploads.test',
  assetsUnfinishedPerUserMax: 'commands/assets.test',
  assetsElsewhereAtOncePerUserMax: 'api/elsewhere/assetElsewhere.test',
  assetsElsewhereAtOnceMax: 'api/elsewhere/assetElsewhere.test',
  assetBytesPerPeer: 'api/peers/assets.test',
  signalsPerPeer: 'api/peers/signals.test',
  bearerTokenMs: 'api/tokens.test',
  claimsPerNewPeer: 'api/peers/counters.test',
  claimsPerPeerAndTarget: 'api/peers/keyMaterial.test',
  connectionRequestsPerPeerAndTarget: 'api/peers/consent.test',
  groupsPerNewPeer: 'api/peers/counters.test',
  itemBytesPerPeer: 'api/peers/counters.test',
  itemBytesPerNewPeer: 'api/peers/notify.test',
  newPeersPerNetwork: 'api/peers/peersDoor.test',
  requestsPerNewPeer: 'api/peers/peersDoor.test',
  lookupsPerPeer: 'api/peers/identifierQuery.test',
  requestsPerPeer: 'api/peers/peersDoor.test',
  signatureFailuresPerNetwork: 'api/peers/peersDoor.test',
  certificateMs: 'adapters/x509/authority.test',
  epochsPastMax: 'faults/epochs.test',
  groupIdReservedMs: 'commands/groupCreation.test',
  headersTimeoutMs: 'faults/network.test',
  idempotencyKeyMs: 'streams/streams.test',
  keepAliveTimeoutMs: 'faults/network.test',
  invitationGuessesPerAddress: 'api/invitations.test',
  invitationMsMax: 'api/invitations.test',
  invitationsPerIssuerMax: 'api/invitations.test',
  invitationsPerUserMax: 'api/userInvitations.test',
  leafGraceMs: 'reactions/groupReactions.test',
  listenBacklogMax: 'faults/network.test',
  queueCountedMax: 'api/queues.test',
  operatorGuessesPerAddress: 'api/operatorDoor.test',
  queueBytesMax: 'projections/queues/queues.test',
  peerQueueAgeMsMax: 'federation/outbox/falling.test',
  peerQueueBytesMax: 'federation/outbox/falling.test',
  peerQueueMessagesMax: 'federation/outbox/falling.test',
  readWaitMsMax: 'api/assemble.test',
  pushEndpointBytesMax: 'faults/pushes.test',
  pushGroupPoliciesMax: 'faults/pushes.test',
  pushSubscriptionsPerQueueMax: 'faults/pushes.test',
  pushesPerQueue: 'push/failures.test',
  queueUnfetchedMsMax: 'projections/queues/queues.test',
  reportKeptMs: 'api/reports.test',
  reportOpenKeptMs: 'api/reports.test',
  requestsInFlightMax: 'api/requestsInTurn.test',
  requestTimeoutMs: 'faults/network.test',
  websocketAnonymousFrameBytesMax: 'api/websocket.test',
  websocketAnonymousFramesMax: 'api/websocket.test',
  websocketFirstTokenMsMax: 'api/websocket.test',
  websocketFragmentsMax: 'api/websocket.test',
  websocketFrameBytesMax: 'api/websocket.test',
  websocketPingMs: 'api/websocket.test',
  websocketPingsMissedMax: 'api/websocket.test',
  websocketUnsentBytesMax: 'api/websocket.test',
  websocketsPerAddressMax: 'api/websocket.test',
}
/** Below, but in no row: `edge` and `past` of them are not one request each. */
const apart: readonly (keyof Limits)[] = [
  'jsonDepthMax',
  'jsonKeysMax',
  'jsonValuesMax',
  'mlsBodyBytesMax',
  'mlsJsonValuesMax',
  'problemsNamedMax',
  'queueMessagesMax',
]

const limits = { ...limitDefaults, ...lowered }
/** Taken where it is known whose they are, which is not said. */
const countedApart: ReadonlySet<RateName> = new Set<RateName>(['tokenFailuresPerClient', 'tokensPerClient'])

describe('a limit', () => {
  let house: RealHouse
  before(async () => {
    house = await openHouse({ LIMITS: limitsWith(lowered) })
  })
  after(() => house.close())

  for (const { limit, at: door, refused, prepare } of limitRows) {
    it(`${limit}${door === undefined ? '' : ` ${door}`}`, async () => {
      const max = limits[limit]
      const { edge, past } = await prepare(house, max)
      const taken = await edge()
      expect(taken.status, JSON.stringify(taken.body)).to.be.within(200, 299)
      const before = await house.head()
      const { status, body } = await past()
      expect({ status, ...body }).to.include(refused)
      if (refused.status === 413 || refused.status === 429) expect(body).to.include({ max })
      // What comes in chunks is not read to its end only to be measured.
      if (refused.status === 413) expect([max + 1, undefined]).to.include(body['actual'])
      expect(await house.head()).to.equal(before)
    })
  }

  it('jsonDepthMax', async () => {
    const by = await house.register()
    const send = async (depth: number) => {
      const { body } = await house.ask(by, 'PATCH', '/v1/users/me', { text: nested(depth) })
      expect(body).to.include({ status: 400, code: 'malformed' })
      return String(body['detail'])
    }
    expect(await send(limits.jsonDepthMax)).to.not.contain('nested')
    expect(await send(limits.jsonDepthMax + 1)).to.contain('nested deeper than 32')
  })

  for (const [limit, method, path] of [
    ['jsonValuesMax', 'PATCH', '/v1/users/me'],
    ['mlsJsonValuesMax', 'POST', '/v1/keyPackages'],
  ] as const) {
    it(limit, async () => {
      const by = await house.register()
      const max = limits[limit]
      const send = async (text: string): Promise<string> => {
        const { body } = await house.ask(by, method, path, { text })
        expect(body).to.include({ status: 400, code: 'malformed' })
        return String(body['detail'])
      }
      // The object, the array and what stands in it.
      for (const value of ['1', '"a,b"', '{}', ' null']) {
        const many = (count: number): string =>
          `{"keyPackages":[${Array.from({ length: count - 2 }, () => value).join()}]}`
        expect(await send(many(max))).to.not.contain('more than')
        expect(await send(many(max + 1))).to.contain(`more than ${max} values`)
      }
    })
  }

  it('mlsJsonValuesMax, which lets an upload of as many KeyPackages through as may come at once', () => {
    expect(limits.mlsJsonValuesMax).to.be.at.least(limits.keyPackagesPerUploadMax + 3)
  })

  it('jsonKeysMax, of JSON and of forms', async () => {
    const by = await house.register()
    const max = limits.jsonKeysMax
    const names = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `f${n}`)
    const json = async (count: number) => {
      const text = `{"a":{${names(count)
        .map((name) => `"${name}":[]`)
        .join()}}}`
      return String((await house.ask(by, 'PATCH', '/v1/users/me', { text })).body['detail'])
    }
    const form = async (count: number) => {
      const [text, media] = [names(count).join('=1&'), 'application/x-www-form-urlencoded']
      return String((await house.ask(undefined, 'POST', '/v1/token', { text, media })).body['detail'])
    }
    for (const send of [json, form]) {
      expect(await send(max)).to.not.contain('more than')
      expect(await send(max + 1)).to.match(new RegExp(`more than ${max} fields`))
    }
  })

  it('problemsNamedMax, whatever number of them there is', async () => {
    const by = await house.register()
    const max = limits.problemsNamedMax
    const wrong = async (count: number): Promise<readonly [number, number]> => {
      const names = ['aaa', 'bbb', 'ccc', 'ddd', 'eee', 'fff'].slice(0, count)
      const unknown = `{${names.map((name) => `"${name}":1`).join()}}`
      const { body: fields } = await house.ask(by, 'PATCH', '/v1/users/me', { text: unknown })
      const values = `{"keyPackages":[${names.map(() => '1').join()}]}`
      const { body: items } = await house.ask(by, 'POST', '/v1/keyPackages', { text: values })
      const named = String(fields['detail']).match(/aaa|bbb|ccc|ddd|eee|fff/g) ?? []
      return [named.length, String(items['detail']).split('; ').length]
    }
    expect(await wrong(max)).to.deep.equal([max, max])
    expect(await wrong(max + 1)).to.deep.equal([max, max])
    expect(await wrong(6)).to.deep.equal([max, max])
  })

  it('mlsBodyBytesMax, of what is no message anyway', async () => {
    const by = forging(house, await house.register())
    const { group } = await founded(house, by)
    const head = await house.head()
    const max = limits.mlsBodyBytesMax
    for (const path of [at(group, '/commits'), '/v1/keyPackages']) {
      const { body: read } = await house.ask(by, 'POST', path, { mls: new Uint8Array(max) })
      expect(read, path).to.include({ status: 422, code: 'unsupported-message' })
      const { body } = await house.ask(by, 'POST', path, { mls: new Uint8Array(max + 1) })
      expect(body, path).to.include({ status: 413, code: 'too-large', max, actual: max + 1 })
    }
    expect(await house.head()).to.equal(head)
  })

  it('of an append to the log: a GroupInfo at its own limit is too much to begin a group with', async () => {
    const by = forging(house, await house.register())
    const [one, other] = [await reserved(house.door, by), await reserved(house.door, by)]
    expect(await house.ask(by, 'PUT', at(one), { mls: newGroupOfSize(one, by, 700_000) })).to.have.property(
      'status',
      201,
    )
    const head = await house.head()
    for (const size of [limits.groupInfoBytesMax, limits.groupInfoBytesMax + 1]) {
      const groupInfo = newGroupOfSize(other, by, size)
      for (const sent of [{ mls: groupInfo }, { json: { groupInfo: toBase64url(groupInfo) } }]) {
        const { body } = await house.ask(by, 'PUT', at(other), sent)
        expect(body).to.include({ status: 413, code: 'too-large' })
      }
    }
    expect(await house.head()).to.equal(head)
    // Nothing of it is left in the way either.
    expect(await house.ask(by, 'PUT', at(other), { mls: newGroupOfSize(other, by, 2_000) })).to.have.property(
      'status',
      201,
    )
  })

  it('queueMessagesMax, beyond which the oldest go and a gap stands in their place', async () => {
    const [alice, bob] = [forging(house, await house.register()), forging(house, await house.register())]
    const { group } = await gathered(house, [alice, bob])
    const send = async (): Promise<string> => {
      const answer = await house.ask(alice, 'POST', at(group, '/messages'), { mls: forgedMessage(group, 1n) })
      expect(answer.status).to.equal(201)
      return String(answer.body['position'])
    }
    const kinds = async (position: string): Promise<readonly string[]> => {
      await house.ask(alice, 'GET', `/v1/users/me?atLeast=${position}`)
      const path = `/v1/queues/${encodeURIComponent(bob.queue)}/items`
      const { body } = await house.ask({ token: bob.queueToken }, 'GET', path)
      return (body['items'] as { readonly type: string }[]).map(({ type }) => type)
    }
    let position = ''
    for (let n = 0; n < limits.queueMessagesMax; n++) position = await send()
    const full = await kinds(position)
    expect(full.filter((type) => type === 'message')).to.have.length(limits.queueMessagesMax)
    expect(full).to.not.include('gap')
    const over = await kinds(await send())
    expect(over.filter((type) => type === 'message')).to.have.length(limits.queueMessagesMax)
    expect(over.filter((type) => type === 'gap')).to.have.length(1)
  })

  it('stands in the discovery document, as it is here', async () => {
    const { body } = await house.ask(undefined, 'GET', '/.well-known/mls-homeserver')
    expect(body['limits']).to.deep.equal({ ...limits, keepAliveTimeoutMs })
    expect(Object.keys(body['rates'] as object)).to.have.members(Object.keys(rateDefaults))
  })

  it('is forgotten by no test', () => {
    const here = [...limitRows.map(({ limit }) => limit), ...rateRows.map(({ rate }) => rate), ...apart]
    expect([...new Set([...here, ...Object.keys(elsewhere)])]).to.have.members([
      ...Object.keys(limitDefaults),
      ...Object.keys(rateDefaults),
    ])
    const tests = join(dirname(fileURLToPath(import.meta.url)), '..')
    for (const file of Object.values(elsewhere)) expect(existsSync(join(tests, `${file}.js`)), file).to.equal(true)
  })
})

describe('a rate', () => {
  let house: RealHouse
  const wait = { everyMs: 3_600_000 }
  before(async () => {
    const rates = Object.fromEntries(
      rateRows.map(({ rate, burst, cost = 1 }) => [rate, { burst: burst * cost, ...wait }]),
    )
    house = await openHouse({ LIMITS: JSON.stringify(rates), TRUSTED_PROXIES: '127.0.0.1' })
  })
  after(() => house.close())

  for (const { rate, burst, cost = 1, prepare, spent = 0, succeeds = true } of rateRows) {
    it(rate, async () => {
      const { send, other } = await prepare(house)
      for (let n = spent; n < burst; n++) {
        const answer = await send(n)
        if (succeeds || n === burst - 1) expect(answer.status, JSON.stringify(answer.body)).to.not.equal(429)
        if (succeeds) expect(answer.status, JSON.stringify(answer.body)).to.be.within(200, 299)
      }
      const before = await house.head()
      const { status, body, headers } = await send(burst)
      expect({ status, ...body }).to.include({ status: 429, code: 'rate-limited' })
      expect(body['retryAfter']).to.be.within(1, 3_600 * cost)
      expect(headers.get('retry-after')).to.equal(String(body['retryAfter']))
      // Failures are counted behind the scenes.
      if (!countedApart.has(rate)) {
        expect(headers.get('ratelimit')).to.match(new RegExp(`"${rate}";r=\\d+;t=\\d+`))
        expect(headers.get('ratelimit-policy')).to.match(
          new RegExp(`"${rate}";q=${String(burst * cost)}(;qu="content-bytes")?;w=\\d+`),
        )
      }
      expect(await house.head()).to.equal(before)
      expect((await other()).status, 'somebody else').to.be.within(200, 299)
    })
  }
})
