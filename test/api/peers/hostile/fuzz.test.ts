/**
 * A server that asks for everything in every wrong way, with a good signature. FEDERATION_SEED repeats what was tried, FEDERATION_FUZZ
 * says how often each endpoint is asked.
 */
import { randomInt } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { encodeItems } from '#src/federation/numbered.js'
import { itemsType } from '#src/federation/itemsType.js'
import { decodeBody } from '#src/federation/wire/body.js'
import { groupInfoResponse } from '#src/federation/wire/groupInfo.js'
import { localPart, makeId } from '#src/mls/wire/ids.js'
import { at } from '../../groupPeople.js'
import { followerDomain, hubDomain } from '../twoServers.js'
import { messageOf } from '../../../commands/mlsFixture.js'
import { seeded } from '../../../ports/seeded.js'
import { askEndpoint, endpointsOf } from './endpoints.js'
import type { Endpoint, Heard } from './endpoints.js'
import { mutated } from '../../../federation/hostile/mutations.js'
import { aloneAt, goodBodies, openTown, sharedBy } from './town.js'
import type { SharedGroup, Town } from './town.js'

const times = Number(process.env['FEDERATION_FUZZ'] ?? 60)
const seed = Number(process.env['FEDERATION_SEED'] ?? randomInt(2 ** 31))

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const heapMiB = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}

describe('a server that asks in every wrong way', () => {
  let town: Town
  let theirs: SharedGroup
  let ours: SharedGroup
  let endpoints: readonly Endpoint[]
  before(async () => {
    console.log(`      seed ${seed}`)
    town = await openTown()
    ours = await sharedBy(town.target, town.hostile)
    theirs = await sharedBy(town.hostile, town.target)
    endpoints = await endpointsOf(town.target)
  })
  after(() => town.close())

  const ask = (endpoint: Endpoint, asking: Parameters<typeof askEndpoint>[3]): Promise<Heard> =>
    askEndpoint(town.asHostile, hubDomain, endpoint, asking)

  it('finds every endpoint that the directory has', () => {
    expect(endpoints.map(({ name }) => name)).to.include.members([
      'notify',
      'update',
      'submitMessage',
      'groupInfo',
      'backfill',
    ])
    expect(endpoints.find(({ name }) => name === 'backfill')?.method).to.equal('GET')
  })

  it('is answered with what is wrong, signed, and harms nobody', async () => {
    const random = seeded(seed)
    const { target, asHostile } = town
    const alone = await aloneAt(target)
    const bodies = await goodBodies(ours, alone.owner)
    const sent = await town.street.peersOf(hubDomain, target.clock)
    const backfilled = await sent.ask(followerDomain, {
      ...{ method: 'GET', endpoint: 'backfill', parameters: { roomId: theirs.group, from: '0' } },
      ...{ contentType: 'message/mls', body: new Uint8Array(), bytesMax: 1e7, timeoutMs: 10_000 },
    })
    expect(backfilled.status).to.equal(200)
    const good = [...bodies, backfilled.body, encodeItems([])]
    const values = [
      ...[ours.group, theirs.group, alone.group, makeId('group', hubDomain, new Uint8Array(16))],
      ...[makeId('group', followerDomain, new Uint8Array(16)), ours.owner.user, ours.guest.user, alone.owner.client],
      ...[
        hubDomain,
        followerDomain,
        'c.example',
        'https://a.example/v1/assets/x',
        '0',
        '1',
        '7',
        '999999999999999',
        '-1',
      ],
      ...[
        '',
        'x',
        '..',
        '../../../v1/ids',
        '%',
        '%00',
        '\u0000',
        'é'.repeat(300),
        'y'.repeat(5_000),
        '__proto__',
        '{"$ne":null}',
      ],
    ]
    const types = [
      'message/mls',
      itemsType(0),
      itemsType(1),
      itemsType(2),
      itemsType(2 ** 40),
      'application/json',
      'text/plain',
    ]
    const heard = new Map<string, number>()
    let heapBefore = 0
    for (let n = 0; n < times; n++) {
      if (n === Math.floor(times / 3)) heapBefore = heapMiB()
      for (const endpoint of endpoints) {
        const parameters = Object.fromEntries(endpoint.parameters.map((name) => [name, random.pick(values)]))
        const asking = {
          parameters,
          body: endpoint.method === 'GET' ? new Uint8Array() : mutated(random.pick(good), random),
          contentType: random.pick(types),
          headers: random.pick<Readonly<Record<string, string>>>([
            ...[{}, {}, { 'idempotency-key': String(n) }, { 'idempotency-key': 'k' }],
            ...[{ 'idempotency-key': 'k'.repeat(300) }, { 'idempotency-key': '"' }, { 'content-encoding': 'gzip' }],
          ]),
        }
        const what = `seed ${seed}, ${n}: ${endpoint.name} ${JSON.stringify(parameters).slice(0, 300)} ${asking.contentType}`
        const answer = await ask(endpoint, asking).catch((error: unknown) => ({
          status: statusIn(error, what),
          code: undefined,
        }))
        const said = `${endpoint.name} ${answer.status} ${answer.code ?? ''}`
        heard.set(said, (heard.get(said) ?? 0) + 1)
        expect(answer.status < 500 || answer.status === 503, `${what}: ${answer.status}`).to.equal(true)
      }
    }
    expect(heapMiB() - heapBefore).to.be.below(24)
    // It was let in, and heard: not all was refused at the door.
    for (const { name } of endpoints)
      expect([...heard.keys()].filter((one) => one.startsWith(`${name} `)).length, name).to.be.above(1)
    await theOthersGoOn(alone)
    expect(asHostile).to.equal(town.asHostile)
  }).timeout(600_000)

  /** Whoever has nothing to do with it: a group of this server. */
  const theOthersGoOn = async ({ owner, group, state }: Awaited<ReturnType<typeof aloneAt>>): Promise<void> => {
    const { message } = await messageOf(state, 'all is well')
    const { status } = await town.target.ask(owner, 'POST', at(group, '/messages'), { mls: message })
    expect(status).to.equal(201)
    expect((await town.target.register()).user).to.match(/^mimi:/)
    const path = `/v1/queues/${encodeURIComponent(owner.queue)}/items`
    expect((await town.target.ask({ token: owner.queueToken }, 'GET', path)).status).to.equal(200)
  }

  it('is given nothing of another server’s group under a name of ours', async () => {
    const { owner, ofOwner } = theirs
    const other = `mimi://${hubDomain}/g/${localPart(theirs.group)}`
    const alone = await aloneAt(town.target)
    const asker = { group: theirs.group, guest: owner, ofGuest: ofOwner }
    const [, , , groupInfo = new Uint8Array()] = await goodBodies(asker, alone.owner)
    const endpoint = { name: 'groupInfo', method: 'POST' } as const
    const asking = { parameters: { roomId: other }, body: groupInfo, contentType: 'message/mls' }
    const { status, text } = await askEndpoint(town.asHostile, hubDomain, endpoint, asking)
    const response = decodeBody(groupInfoResponse, new Uint8Array(Buffer.from(text, 'latin1')))
    expect([status, response.ok && response.value.code]).to.deep.equal([200, 'noSuchRoom'])
  })

  it('learns nothing of a group that it has nobody in: it is as one that there is not', async () => {
    const alone = await aloneAt(town.target)
    const unknown = makeId('group', hubDomain, new Uint8Array(16).fill(9))
    const bodies = await goodBodies(ours, alone.owner)
    const ofGroup = endpoints.filter(({ parameters }) => parameters.includes('roomId'))
    expect(ofGroup).to.have.length.above(3)
    for (const endpoint of ofGroup)
      for (const [index, body] of bodies.entries()) {
        const hear = async (group: string): Promise<unknown> => {
          const others = Object.fromEntries(endpoint.parameters.map((name) => [name, '0']))
          const asking = { parameters: { ...others, roomId: group }, body, contentType: itemsType(0) }
          const { status, text, headers } = await ask(endpoint, { ...asking, headers: { 'idempotency-key': group } })
          const shown = text.replaceAll(group, 'the group').replaceAll(/"[^"]*(?:instance|requestId)":"[^"]*"/g, '')
          return { status, shown, problem: headers['homeserver-problem'] }
        }
        expect(await hear(alone.group), `${endpoint.name} ${index}`).to.deep.equal(await hear(unknown))
      }
  })
})

/** Of what never came to an endpoint, and is not signed: its status; anything else is no answer. */
const statusIn = (error: unknown, what: string): number => {
  const status = /(40[0-9]|41[0-9]|431), unsigned/.exec(String(error))?.[1]
  if (status === undefined) throw new Error(`${what}: ${String(error)}`, { cause: error })
  return Number(status)
}
