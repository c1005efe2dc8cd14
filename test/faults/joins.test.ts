/** Who has log, lines and traces cannot join a queue with its client, or a message with its sender, by any value that they share. */
import { expect } from 'chai'
import { traceOf } from '#src/cli/events/trace.js'
import { queueStream } from '#src/events/queue.js'
import { isUntraced } from '#src/events/form/untraced.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { derivedId } from '#src/streams/commandId.js'
import { at } from '../api/groupPeople.js'
import { eventually } from '../stores/eventually.js'
import { forgedMessage, forging, gathered } from './forgers.js'
import { openHouse } from './house.js'
import type { RealHouse } from './house.js'
import { ownInLog } from '../support/ownInLog.js'

describe('the log, its lines and its traces', () => {
  let house: RealHouse
  let events: readonly StoredEvent[]
  let lines: readonly string[]
  let queue: string
  /** X-Request-Id of everything that was asked. */
  const requests: string[] = []
  before(async () => {
    house = await openHouse({ LOG_LEVEL: 'debug' })
    const ask: RealHouse['ask'] = async (...args) => {
      const answer = await house.ask(...args)
      requests.push(answer.headers.get('x-request-id') ?? '')
      if (answer.status >= 300) throw new Error(JSON.stringify(answer.body))
      return answer
    }
    const [alice, bob] = [
      forging(house, await house.register('joins.alice')),
      forging(house, await house.register('joins.bob')),
    ]
    const { group } = await gathered(house, [alice, bob])
    await ask(alice, 'PATCH', '/v1/users/me', { json: { claims: 'contacts' } })
    for (let n = 0; n < 3; n++) await ask(bob, 'POST', at(group, '/messages'), { mls: forgedMessage(group, 1n) })
    queue = bob.queue
    await ask({ token: bob.queueToken }, 'DELETE', `/v1/queues/${encodeURIComponent(queue)}`)
    await eventually('the leaf must go', async () => (await house.log()).some(({ type }) => type === 'RemovalRequired'))
    // What is asked wrongly fills the lines.
    for (const path of ['/v1/users/me', `/v1/queues/${encodeURIComponent(queue)}/items`])
      await house.ask({ token: 'x' }, 'GET', path)
    events = await house.log()
    lines = house.server.log().split('\n')
  })
  after(() => house.close())

  /** Every text in a value, however deep; not what is said of anybody's kind, like an algorithm. */
  const textsIn = (value: unknown): readonly string[] => {
    if (typeof value === 'string') return value.length > 10 ? [value] : []
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).flatMap(([name, each]) =>
      (name.startsWith('mimi:') ? [name] : []).concat(textsIn(each)),
    )
  }
  /** Where else a text is found: in events but for some streams, and in lines. */
  const elsewhere = (text: string, but: (event: StoredEvent) => boolean): readonly string[] => [
    ...events
      .filter((event) => !but(event) && JSON.stringify(event).includes(text))
      .map(({ type, stream }) => `${type} ${stream}`),
    ...lines.filter((line) => line.includes(text)),
  ]

  it('have nothing of a queue but in its own stream and its acknowledgements', () => {
    const own = events.filter(({ stream }) => stream === ownInLog(queueStream(queue as never)))
    expect(own.map(({ type }) => type)).to.deep.equal(['QueueCreated', 'QueueDeleted'])
    const isOwn = ({ stream }: StoredEvent): boolean =>
      own.some((one) => one.stream === stream) || stream.startsWith('acknowledgements-')
    for (const event of own)
      for (const text of textsIn({ ...event, type: '' })) expect(elsewhere(text, isOwn), text).to.deep.equal([])
  })

  it('do not name a deleted queue where its leaf has to go, not even by what can be computed', () => {
    const gone = events.find(({ type }) => type === 'QueueDeleted')
    const required = events.find(({ type }) => type === 'RemovalRequired')
    expect(required?.data).to.include({ reason: 'queueGone' })
    expect(required?.meta.cause).to.equal(undefined)
    const group = (required?.data as { readonly group: string }).group
    expect(required?.meta.command).to.not.equal(derivedId(gone?.id ?? '', 'requireRemovals', group))
  })

  it('have nothing of a message but itself, its group and its epoch', () => {
    const messages = events.filter(({ type }) => type === 'MessageAccepted')
    expect(messages).to.have.length(3)
    for (const event of messages) {
      const { group } = event.data as { readonly group: string }
      const isIt = ({ id }: StoredEvent): boolean => id === event.id
      for (const text of textsIn({ ...event, stream: '', type: '' }).filter((one) => one !== group))
        expect(
          elsewhere(text, (other) => isIt(other) || other.stream === event.stream),
          text,
        ).to.deep.equal([])
    }
  })

  it('have the request of what is traced, and of nothing else', async () => {
    const log = {
      readAll: ({ after }: { readonly after: number }) =>
        Promise.resolve(events.filter(({ position }) => position > after)),
    }
    for (const request of requests) {
      const trace = await traceOf(log, request)
      expect(
        trace.filter(({ type }) => isUntraced(type)).map(({ type }) => type),
        request,
      ).to.deep.equal([])
    }
    const [policy] = await traceOf(log, requests[0] ?? '')
    expect(policy?.type).to.equal('PolicyChanged')
    for (const { type, meta } of events) if (isUntraced(type)) expect(meta.request, type).to.equal(undefined)
    const asked = events.filter(
      ({ type, meta }) =>
        !isUntraced(type) && meta.cause === undefined && /^(User|Client|Group|Commit|Policy)/.test(type),
    )
    expect(asked.length).to.be.greaterThan(3)
    for (const { type, meta } of asked) expect(meta.request, type).to.match(/^[A-Za-z0-9_-]{16}$/)
  })

  it('name nobody in a line that names a request', () => {
    for (const line of lines.filter((one) => one.includes('requestId'))) {
      expect(line).to.not.match(/mimi:|127\.0\.0\.1/)
      expect(Object.keys(JSON.parse(line) as object), line).to.not.include.members(['stream'])
    }
  })
})
