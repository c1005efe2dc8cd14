/** Every place of a log that a client may name, each held against the log: none but what the server gave out is taken. */
import { once } from 'node:events'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import type { Answer } from '../api/groupHouse.js'
import { at } from '../api/groupPeople.js'
import { forgedMessage, forging, gathered } from './forgers.js'
import type { ForgingResident } from './forgers.js'
import { openHouse, operator } from './house.js'
import type { RealHouse } from './house.js'

const uri = encodeURIComponent
type Refusal = readonly [status: number, code: string]
const expired: Refusal = [410, 'cursor-expired']
const malformed: Refusal = [400, 'malformed']

/** `cursor`: one of this log. */
const wrongCursors = (cursor: string): readonly (readonly [name: string, text: string, refused: Refusal])[] => {
  const [log = '', place = ''] = cursor.split('.')
  const beyond = (by: number): string => `${log}.${(Number.parseInt(place, 36) + by).toString(36)}`
  return [
    ['far ahead', beyond(1_000_000), expired],
    ['the last number there is', `${log}.${Number.MAX_SAFE_INTEGER.toString(36)}`, expired],
    ['the last number there is, within its events', `${log}.${Number.MAX_SAFE_INTEGER.toString(36)}.3`, expired],
    ['one more than that', `${log}.${(2n ** 53n).toString(36)}`, malformed],
    ['negative', `${log}.-1`, malformed],
    ['negative zero', `${log}.-0`, malformed],
    ['a fraction', `${log}.1.5.2`, malformed],
    ['in capitals', `${log}.ZZ`, malformed],
    ['no number', `${log}.`, malformed],
    ['another log’s', `another.${place}`, expired],
    ['no log’s', `.${place}`, malformed],
    ['nothing', '', malformed],
    ['a number alone', place, malformed],
    ['with more behind it', `${cursor} `, malformed],
  ]
}

describe('a place that a client names', () => {
  let house: RealHouse
  let alice: ForgingResident
  let bob: ForgingResident
  let cursor: string
  let group: Awaited<ReturnType<typeof gathered>>['group']
  before(async () => {
    house = await openHouse()
    ;[alice, bob] = [forging(house, await house.register()), forging(house, await house.register())]
    ;({ group } = await gathered(house, [alice, bob]))
    const sent = await house.ask(alice, 'POST', at(group, '/messages'), { mls: forgedMessage(group, 1n) })
    cursor = String(sent.body['position'])
  })
  after(() => house.close())

  const queue = (): string => `/v1/queues/${uri(bob.queue)}`
  const queueToken = () => ({ token: bob.queueToken })

  /** What each place that takes a cursor says to one. */
  const takers: { readonly [name: string]: (text: string) => Promise<Answer> } = {
    'the wait of a read': (text) => house.ask(alice, 'GET', `/v1/users/me?atLeast=${uri(text)}`),
    'the wait of a read by anybody': (text) => house.ask(undefined, 'GET', `/v1/authority?atLeast=${uri(text)}`),
    'the wait of a read of a group': (text) => house.ask(alice, 'GET', `${at(group)}?atLeast=${uri(text)}`),
    'a fetch': (text) => house.ask(queueToken(), 'GET', `${queue()}/items?after=${uri(text)}`),
    'an acknowledgement': (text) =>
      house.ask(queueToken(), 'POST', `${queue()}/acknowledgements`, { json: { upTo: text } }),
    'a page of the revocations': (text) =>
      house.ask(undefined, 'GET', `/v1/revocations?cursor=${uri(`serial.${text}`)}`),
    'a page of one’s assets': (text) => house.ask(alice, 'GET', `/v1/assets?cursor=${uri(text)}`),
    'a page of what operators did': (text) =>
      house.ask(operator, 'GET', `/v1/operator/acts?before=${uri(`0.${text}`)}`),
    'an open on a websocket': (text) => say({ type: 'open', token: bob.queueToken, after: text }),
    'an acknowledgement on a websocket': (text) =>
      say({ type: 'open', token: bob.queueToken }, { type: 'acknowledge', queue: bob.queue, upTo: text }),
  }

  /** The complaint about the last frame, as an answer; one that is none for what was taken without a word. */
  const say = async (...frames: readonly object[]): Promise<Answer> => {
    const socket = new WebSocket(`${house.server.url.replace('http', 'ws')}/v1/websocket`, ['mls-homeserver.1'])
    await once(socket, 'open')
    const heard: { readonly type: string; readonly problem?: Record<string, unknown> }[] = []
    socket.on('message', (data: Buffer) => void heard.push(JSON.parse(data.toString()) as (typeof heard)[number]))
    for (const frame of frames) socket.send(JSON.stringify(frame))
    // What was said before it is answered: the last one is refused whatever it says.
    socket.send(JSON.stringify({ type: 'acknowledge', queue: alice.queue, upTo: cursor }))
    const isOver = (): boolean => heard.filter(({ problem }) => problem?.['code'] === 'no-such-queue').length > 0
    while (!isOver()) await once(socket, 'message')
    socket.terminate()
    const body = heard.find(({ type }) => type === 'error')?.problem ?? {}
    const isFine = body['code'] === 'no-such-queue'
    return { status: isFine ? 200 : Number(body['status']), body, headers: new Headers(), bytes: new Uint8Array() }
  }

  it('is taken where it is one of the log’s', async () => {
    for (const [name, ask] of Object.entries(takers)) {
      const { status, body } = await ask(cursor)
      expect(status, `${name} ${JSON.stringify(body)}`).to.be.within(200, 299)
    }
  })

  it('is refused wherever it is none, and at once', async () => {
    for (const [name, ask] of Object.entries(takers))
      for (const [what, text, refused] of wrongCursors(cursor)) {
        const { status, body } = await ask(text)
        expect([status, body['code']], `${name}: ${what}`).to.deep.equal(refused)
      }
  })

  it('empties no queue when it was refused', async () => {
    const sent = await house.ask(alice, 'POST', at(group, '/messages'), { mls: forgedMessage(group, 1n) })
    const positions = async (): Promise<readonly string[]> => {
      const { body } = await house.ask(queueToken(), 'GET', `${queue()}/items`)
      return (body['items'] as readonly { readonly position: string }[]).map(({ position }) => position)
    }
    while (!(await positions()).includes(String(sent.body['position'])));
  })

  it('is every one that the documents have', async () => {
    const { paths, components } = (await house.ask(undefined, 'GET', '/openapi.json')).body as Documents
    const frames = ((await house.ask(undefined, 'GET', '/asyncapi.json')).body as Documents).components.schemas
    const asked = Object.entries(paths).flatMap(([path, methods]) =>
      Object.values(methods).flatMap(({ parameters = [] }) =>
        parameters.filter(({ schema }) => schema.$ref === cursorSchema).map(({ name }) => `${path} ${name}`),
      ),
    )
    const bodies = Object.entries(components.schemas).filter(([name]) =>
      /^(Post|Put|Patch|Delete).*Request$/.test(name),
    )
    // What the server says is no place that a client names.
    const said = Object.entries(frames).filter(([name]) => /^Frame(Open|Token|Acknowledge|Send|Close)$/.test(name))
    const written = [...bodies, ...said].flatMap(([name, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, { $ref }]) => $ref === cursorSchema)
        .map(([property]) => `${name} ${property}`),
    )
    // Every read waits in the same words; pages of revocations and of acts begin with a number.
    expect([...asked.filter((name) => !name.endsWith(' atLeast')), ...written]).to.have.members([
      '/v1/assets cursor',
      '/v1/queues/{queue}/items after',
      'PostQueuesQueueAcknowledgementsRequest upTo',
      'FrameOpen after',
      'FrameAcknowledge upTo',
    ])
  })

  /** Epochs name places of a group’s history. */
  const epochs: { readonly [name: string]: (epoch: string) => Promise<Answer> } = {
    'the tree of an epoch': (epoch) => house.ask(alice, 'GET', at(group, `/tree?epoch=${uri(epoch)}`)),
    'the Commits since an epoch': (epoch) => house.ask(alice, 'GET', at(group, `/commits?from=${uri(epoch)}`)),
    'a fault of an epoch': (epoch) => house.ask(alice, 'POST', at(group, '/faults'), { json: { epoch } }),
  }

  it('is refused where it is an epoch that has not come', async () => {
    const [last, ahead] = [String(2n ** 64n - 1n), String(2 ** 53 - 1)]
    const message = (epoch: string): Promise<Answer> =>
      house.ask(alice, 'POST', at(group, '/messages'), { mls: forgedMessage(group, BigInt(epoch)) })
    for (const [name, ask] of Object.entries({ ...epochs, 'a message of an epoch': message }))
      for (const epoch of ['2', ahead, last]) {
        const { status, body } = await ask(epoch)
        expect([status, body['code']], `${name}: ${epoch}`).to.deep.equal([409, 'wrong-epoch'])
      }
    for (const [name, ask] of Object.entries(epochs)) {
      for (const epoch of [String(2n ** 64n), '-1', '1.0', '01', '1e3', '', ' 1', '0x1']) {
        const { status, body } = await ask(epoch)
        expect([status, body['code']], `${name}: ${epoch}`).to.deep.equal(malformed)
      }
    }
  })
})

const cursorSchema = '#/components/schemas/Cursor'

type Ref = { readonly $ref?: string }
type Documents = {
  readonly paths: {
    readonly [path: string]: {
      readonly [method: string]: { readonly parameters?: readonly { readonly name: string; readonly schema: Ref }[] }
    }
  }
  readonly components: {
    readonly schemas: { readonly [name: string]: { readonly properties?: { readonly [name: string]: Ref } } }
  }
}
