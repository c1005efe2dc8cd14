/** The same key a hundred times at once, on every kind of command: one effect, a hundred equal answers, for good. */
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import type { Position } from '#src/ports/position.js'
import { expect } from 'chai'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Answer } from '../api/groupHouse.js'
import { at } from '../api/groupPeople.js'
import { commandsIn, shownAgain } from './everyCommand.js'
import type { Command } from './everyCommand.js'
import { forgedMessage, forging, founded } from './forgers.js'
import { openHouse } from './house.js'
import type { RawOptions, RealHouse } from './house.js'

const times = 100

describe('a command sent a hundred times at once under one key', () => {
  let house: RealHouse
  let commands: readonly Command[]
  before(async () => {
    house = await openHouse()
    // Who deletes what its token is of can ask no more.
    commands = (await commandsIn(house)).filter(({ isLast }) => !isLast)
  })
  after(() => house.close())

  const send = ({ by, method, path }: Command, options: RawOptions, key: string): Promise<Answer> =>
    house.ask(by, method, path, { ...options, key })
  /** What followed of itself is not counted: it comes when it comes. */
  const effects = async (after: Position): Promise<readonly StoredEvent[]> =>
    (await house.events(after)).filter(({ meta }) => meta.cause === undefined)
  const firsts = new Map<Command, object>()

  it('has one effect and a hundred equal answers; with another body it is refused', async () => {
    for (const command of commands) {
      const { name, options, other, status, events } = command
      const before = await house.head()
      const answers = await Promise.all(Array.from({ length: times }, () => send(command, options, name)))
      const first = shownAgain(command, answers[0]!)
      expect(first, name).to.have.property('status', status)
      for (const answer of answers) expect(shownAgain(command, answer), name).to.deep.equal(first)
      expect(await effects(before), name).to.have.length(events)
      const refused = await send(command, other, name)
      expect([refused.status, refused.body['code']], name).to.deep.equal([422, 'idempotency-mismatch'])
      expect(await effects(before), name).to.have.length(events)
      firsts.set(command, first)
    }
  })

  it('is answered the same after kill -9', async () => {
    await house.server.crash()
    await house.server.restart()
    const before = (await effects(origin)).length
    for (const command of commands) {
      const again = await send(command, command.options, command.name)
      expect(shownAgain(command, again), command.name).to.deep.equal(firsts.get(command))
      const refused = await send(command, command.other, command.name)
      expect([refused.status, refused.body['code']], command.name).to.deep.equal([422, 'idempotency-mismatch'])
    }
    expect(await effects(origin)).to.have.length(before)
  })

  it('is the same message however it comes: as it is, as JSON, over the websocket', async () => {
    const sender = forging(house, await house.register())
    const { group, mls } = await founded(house, sender)
    const before = await house.head()
    const message = forgedMessage(group, mls.epoch)
    const path = at(group, '/messages')
    const first = await house.ask(sender, 'POST', path, { mls: message, key: 'said-once' })
    expect(first.status).to.equal(201)
    const again = await house.ask(sender, 'POST', path, { json: { message: toBase64url(message) }, key: 'said-once' })
    expect([again.status, again.body]).to.deep.equal([first.status, first.body])
    const frame = { type: 'send', id: 'said-once', group, message: toBase64url(message) }
    const accepted = { type: 'accepted', id: 'said-once', ...first.body }
    expect(await say(house, sender, frame)).to.deep.equal(accepted)
    expect(await house.events(before)).to.have.length(1)
  })
})

/** The answer to one frame on a websocket of its own. */
const say = async ({ server: { url } }: RealHouse, { token }: { readonly token: string }, frame: object) => {
  const headers = { authorization: `Bearer ${token}` }
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/websocket`, ['mls-homeserver.1'], { headers })
  await once(socket, 'open')
  socket.send(JSON.stringify(frame))
  const [answer] = (await once(socket, 'message')) as [Buffer]
  socket.terminate()
  return JSON.parse(answer.toString()) as unknown
}
