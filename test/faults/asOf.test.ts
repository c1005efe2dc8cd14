/** What was at a position: as a server would have answered whose log had ended there. */
import { expect } from 'chai'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { userRoutes } from '#src/api/accounts/users.js'
import { groupRoutes } from '#src/api/groups/groups.js'
import { keyPackageRoutes } from '#src/api/keyPackages/keyPackages.js'
import {
  clientsAsOf,
  limitsAsOf,
  maintenanceAsOf,
  policyAsOf,
  registrationAsOf,
  rolesAsOf,
  rosterAsOf,
  settingsAsOf,
  stockAsOf,
} from '#src/audit/asOf.js'
import { timeOfMoment } from '#src/audit/moment.js'
import { groupAggregate } from '#src/commands/group/group.js'
import { operatorsAggregate } from '#src/commands/operators/operators.js'
import { operatorsStream } from '#src/events/operators.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { silentLogger } from '../support/silentLogger.js'
import { groupStream } from '#src/events/group.js'
import type { ClientId, GroupId, UserId } from '#src/mls/wire/ids.js'
import type { EventStore, StoredEvent } from '#src/ports/eventStore.js'
import { holdPolicy } from '#src/compose/policyInForce.js'
import { rateDefaults } from '#src/limits/limits.js'
import { withNamesInLog } from '#src/streams/namesInLog.js'
import { makeStreams } from '#src/streams/streams.js'
import { limitDefaults } from '#src/limits/limits.js'
import { seeded } from '../ports/seeded.js'
import { commandsIn } from './everyCommand.js'
import { openHouse, operator } from './house.js'
import type { RealHouse } from './house.js'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e6))
const positionsMax = 100

describe(`what was, at a hundred positions (seed ${seed})`, () => {
  let house: RealHouse
  let log: readonly StoredEvent[]
  before(async () => {
    house = await openHouse()
    for (const { name, by, method, path, options, status } of await commandsIn(house)) {
      const answer = await house.ask(by, method, path, { ...options, key: name })
      expect(answer.status, `${method} ${path}`).to.equal(status)
    }
    for (const maintenance of [true, false]) {
      const json = { maintenance, why: 'seen later' }
      expect((await house.ask(operator, 'PUT', '/v1/operator/maintenance', { json })).status).to.equal(200)
      await house.ask(operator, 'PUT', '/v1/operator/limits/targetsMax', { json: { value: 7, why: 'between' } })
    }
    log = await house.log()
  })
  after(() => house.close())

  /** The log as far as a position. */
  const logUpTo = (position: number): EventStore => {
    const events = log.filter((event) => event.position <= position)
    const ofStream = (stream: string): readonly StoredEvent[] => events.filter((event) => event.stream === stream)
    return withNamesInLog({
      exclusive: false,
      readStream: (stream: string, { from = 0, limit = 500 } = {}) =>
        Promise.resolve(
          ofStream(stream)
            .filter(({ revision }) => revision >= from)
            .slice(0, limit),
        ),
      last: (stream: string) => Promise.resolve(ofStream(stream).at(-1)),
      readAll: ({ after, limit = 500 }: { readonly after: number; readonly limit?: number }) =>
        Promise.resolve(events.filter((event) => event.position > after).slice(0, limit)),
    } as unknown as EventStore)
  }
  const streamsOn = (events: EventStore) =>
    makeStreams({
      events,
      snapshots: openMemorySnapshots(),
      cacheBytesMax: 1e8,
      pause: () => Promise.resolve(),
    })
  const idsIn = (field: string): readonly string[] => [
    ...new Set(
      log
        .flatMap(({ data }) => (data as Readonly<Record<string, unknown>> | null)?.[field] ?? [])
        .filter((one) => typeof one === 'string'),
    ),
  ]
  type Answered = {
    readonly status?: number
    readonly body?: Readonly<Record<string, unknown>>
    readonly rejected?: unknown
  }
  /** What a route of a server with that log answers. */
  const answerOf = async (position: number, path: string, asked: object): Promise<Answered> => {
    const deps = {
      streams: streamsOn(logUpTo(position)),
      limits: limitDefaults,
      keys: { subjects: { get: () => Promise.resolve(undefined) } },
    } as never
    const routes = [...groupRoutes(deps), ...userRoutes(deps), ...keyPackageRoutes(deps)]
    const found = routes.find((one) => one.path === path && one.method === 'get')
    return (await found?.answer(asked as never)) as Answered
  }

  it('are those of a server that stopped there: members, roles, settings, clients, policies, stocks', async () => {
    const random = seeded(seed)
    const [groups, users, clients] = [idsIn('group'), idsIn('user'), idsIn('client')]
    const world = { events: logUpTo(Infinity), streams: streamsOn(logUpTo(Infinity)) }
    let told = 0
    for (let n = 0; n < positionsMax; n++) {
      const { position } = random.pick(log)
      const moment = { position }
      const at = await timeOfMoment(world.events, moment)
      for (const group of groups as readonly GroupId[]) {
        const { state } = await streamsOn(logUpTo(position)).read(groupAggregate, groupStream(group))
        const roster = (await rosterAsOf(world, group, moment)).answer
        expect(roster.status).to.equal(state.status)
        const [member] = roster.members ?? []
        if (member === undefined) continue
        const principal = { kind: 'client', user: member.user, client: member.clients[0]?.client }
        const { body } = await answerOf(position, '/v1/groups/{group}', { principal, params: { group } })
        const members = (
          body?.['members'] as readonly {
            readonly user: string
            readonly role: string
            readonly clients: readonly object[]
          }[]
        ).map((one) => ({
          ...one,
          clients: one.clients.map((seat) => {
            const { ends: _, ...rest } = seat as { readonly ends?: number }
            return rest
          }),
        }))
        expect(roster.members).to.deep.equal(members)
        expect(roster.epoch).to.equal(body?.['epoch'])
        expect(roster.removals).to.deep.equal((body?.['pending'] as { readonly removals: object }).removals)
        expect((await settingsAsOf(world, group, moment)).answer.settings).to.deep.equal(body?.['settings'])
        const roles = (await rolesAsOf(world, group, moment)).answer.roles
        expect(roles).to.deep.equal(Object.fromEntries(members.map((one) => [one.user, one.role])))
        told++
      }
      for (const user of users as readonly UserId[]) {
        const { body } = await answerOf(position, '/v1/users/me', { principal: { user }, command: { at: 0 } })
        const [{ answer }, policy] = [await clientsAsOf(world, user, moment), await policyAsOf(world, user, moment)]
        expect(answer.clients).to.deep.equal(body?.['clients'])
        expect([policy.answer.discovery, policy.answer.claims]).to.deep.equal([body?.['discovery'], body?.['claims']])
        told++
      }
      for (const client of clients as readonly ClientId[]) {
        const { body } = await answerOf(position, '/v1/keyPackages', { principal: { client }, command: { at } })
        expect((await stockAsOf(world, client, moment, at)).answer.stock).to.deep.equal(body?.['stock'])
      }
    }
    expect(told).to.be.greaterThan(500)
  })

  it('are those of a process that began there: limits, maintenance, who may register', async () => {
    const random = seeded(seed)
    const world = { events: logUpTo(Infinity), streams: streamsOn(logUpTo(Infinity)) }
    const settings = { limits: limitDefaults, rates: rateDefaults }
    const changes = log.filter(({ stream, type }) => stream === 'policy' || type === 'RegistrationChanged')
    const some = Array.from({ length: positionsMax }, () => random.pick(log))
    const seen = new Set<string>()
    for (const { position } of [...some, ...changes]) {
      const moment = { position }
      const streams = streamsOn(logUpTo(position))
      const held = await holdPolicy(settings, { streams, clock: systemClock, logger: silentLogger })
      const { limits } = (await limitsAsOf(world, moment)).answer
      expect({ ...limitDefaults, ...rateDefaults, ...limits }).to.deep.equal({ ...held.limits, ...held.rates })
      expect((await maintenanceAsOf(world, moment)).answer.maintenance).to.equal(held.maintenance())
      const { registration } = (await streams.read(operatorsAggregate, operatorsStream)).state
      expect((await registrationAsOf(world, moment)).answer.registration).to.equal(registration ?? 'setting')
      seen.add(`${Object.keys(limits).join()} ${held.maintenance()} ${registration ?? ''}`)
    }
    expect(seen.size).to.be.greaterThan(5)
  })

  it('by a time are those of the last event that is not younger', async () => {
    const world = { events: logUpTo(Infinity), streams: streamsOn(logUpTo(Infinity)) }
    const [user] = idsIn('user') as readonly UserId[]
    const own = log.filter(
      ({ type, data }) => type === 'PolicyChanged' && (data as { readonly user: string }).user === user,
    )
    expect(own.length).to.be.greaterThan(0)
    for (const { position, meta } of own) {
      const then = await policyAsOf(world, user!, { at: meta.at })
      expect(then.place?.position).to.be.at.least(position)
      expect((await policyAsOf(world, user!, { at: meta.at - 1 })).place?.position ?? 0).to.be.lessThan(position)
    }
    expect(await policyAsOf(world, user!, { at: 0 })).to.deep.equal({ place: undefined, answer: { status: 'absent' } })
  })

  it('are told to auditors at the door, and to nobody without its token', async () => {
    const [group] = idsIn('group')
    const head = await house.head()
    const { headers: _, ...asked } = { headers: {} }
    const path = `/v1/audit/asOf/${head}/groups/${encodeURIComponent(group!)}`
    const answer = await house.ask(operator, 'GET', path, asked)
    expect(answer.status).to.equal(200)
    expect(answer.body['status']).to.equal(
      (
        await rosterAsOf({ events: logUpTo(Infinity), streams: streamsOn(logUpTo(Infinity)) }, group as GroupId, {
          position: head,
        })
      ).answer.status,
    )
    const ofServer = async (what: string) =>
      (await house.ask(operator, 'GET', `/v1/audit/asOf/${head}/${what}`, asked)).body
    expect((await ofServer('limits'))['limits']).to.deep.equal({ invitationsPerUserMax: 5, targetsMax: 7 })
    expect(await ofServer('maintenance')).to.include({ maintenance: false })
    expect(await ofServer('registration')).to.include({ registration: 'open' })
    const [user] = idsIn('user')
    const users = `/v1/audit/asOf/${head}/users/${encodeURIComponent(user!)}`
    expect((await house.ask(operator, 'GET', users, asked)).status).to.equal(400)
    expect((await house.ask(operator, 'GET', `${users}?why=asked`, asked)).body).to.have.property('status')
    expect((await house.log()).at(-1)?.data).to.deep.include({ what: { type: 'lookAtUser', user }, why: 'asked' })
    expect((await house.ask({ token: 'hs_op_nobody' }, 'GET', path, asked)).status).to.equal(401)
  })
})
