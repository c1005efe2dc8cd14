/** Websockets at a follower: what is sent on one to another server's group keeps its order, is refused by name, and outlives the socket. */
import { once } from 'node:events'
import { expect } from 'chai'
import type { ClientState } from 'ts-mls'
import { WebSocket } from 'ws'
import { messagesStream } from '#src/events/messages.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { messageOf } from '../../commands/mlsFixture.js'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import type { Resident } from '../../faults/house.js'
import { forgedSignal } from '../../support/forgedSignal.js'
import { at } from '../groupPeople.js'
import { groupAcross } from './groupAcross.js'
import { followerDomain, hubDomain, openStreet } from './twoServers.js'
import type { Street } from './twoServers.js'
import { ownInLog } from '../../support/ownInLog.js'

type Frame = { readonly type: string; readonly [field: string]: unknown }

describe('a websocket at a follower', () => {
  let street: Street
  let hub: ComposedServer
  let follower: ComposedServer
  let alice: Resident
  let bob: Resident
  let group: GroupId
  let ofBob: ClientState
  const sockets: WebSocket[] = []

  beforeEach(async () => {
    street = await openStreet()
    hub = await composeServer(street.settingsOf(hubDomain))
    follower = await composeServer(street.settingsOf(followerDomain))
    ;({ alice, bob, group, ofBob } = await groupAcross(hub, follower))
  })
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate()
    await hub.close()
    await follower.close()
    await street.close()
  })

  const connect = async (house: ComposedServer, token: string) => {
    const url = `${house.server.url.replace('http', 'ws')}/v1/websocket`
    const socket = new WebSocket(url, ['mls-homeserver.1'], { headers: { authorization: `Bearer ${token}` } })
    sockets.push(socket)
    const frames: Frame[] = []
    const wakes: (() => void)[] = []
    socket.on('message', (data: Buffer) => {
      frames.push(JSON.parse(data.toString()) as Frame)
      for (const wake of wakes.splice(0)) wake()
    })
    await once(socket, 'open')
    return {
      socket,
      frames,
      say: (frame: object | Uint8Array) => {
        socket.send(frame instanceof Uint8Array ? frame : JSON.stringify(frame))
      },
      until: async (done: (frames: readonly Frame[]) => boolean) => {
        while (!done(frames)) await new Promise<void>((resolve) => wakes.push(resolve))
      },
    }
  }
  const answers = (frames: readonly Frame[]): readonly Frame[] =>
    frames.filter(({ type }) => type === 'accepted' || type === 'refused')

  /** Every other one as JSON, each under the id that it has. */
  const frameOf = (id: string, message: Uint8Array, n: number): object | Uint8Array =>
    n % 2 === 0
      ? Buffer.concat([Buffer.of(id.length), Buffer.from(id), message])
      : { type: 'send', id, group, message: toBase64url(message) }
  const written = async (count: number): Promise<readonly Uint8Array[]> => {
    const messages: Uint8Array[] = []
    for (let n = 0; n < count; n++) {
      // What is long takes longer on its way: nothing that is short gets before it.
      const { state, message } = await messageOf(ofBob, `message ${n}`.padEnd(n % 5 === 0 ? 150_000 : 0))
      ofBob = state
      messages.push(message)
    }
    return messages
  }
  const inHubsLog = async () =>
    (await hub.log())
      .filter(({ stream }) => stream === ownInLog(messagesStream(group)))
      .map(({ id, data }) => ({ id, message: (data as { message: string }).message }))

  it('takes sends one behind the other, and the hub has them in that order', async () => {
    const { say, until, frames } = await connect(follower, bob.token)
    const messages = await written(40)
    messages.forEach((message, n) => {
      say(frameOf(`send-${n}`, message, n))
    })
    await until((all) => answers(all).length === 40)
    expect(answers(frames).map(({ type, id }) => `${type} ${String(id)}`)).to.deep.equal(
      messages.map((_, n) => `accepted send-${n}`),
    )
    const log = await inHubsLog()
    expect(log.map(({ message }) => message)).to.deep.equal(messages.map(toBase64url))
    expect(answers(frames).map(({ accepted }) => accepted)).to.deep.equal(log.map(({ id }) => id))
  })

  it('refuses what its hub is not there for, with when to try again, and goes on when it is back', async () => {
    const { say, until, frames } = await connect(follower, bob.token)
    const messages = await written(6)
    say(frameOf('before', messages[0]!, 0))
    await until((all) => answers(all).length === 1)
    await hub.close()
    for (const n of [1, 2, 3]) say(frameOf(`meanwhile-${n}`, messages[n]!, n))
    await until((all) => answers(all).length === 4)
    for (const { type, problem } of answers(frames).slice(1)) {
      expect(type).to.equal('refused')
      expect(problem).to.deep.include({ code: 'peer-unreachable', domains: [hubDomain] })
      expect((problem as { retryAfter: number }).retryAfter).to.be.at.least(1)
    }
    hub = await composeServer(street.settingsOf(hubDomain))
    follower.pass(60_000)
    // The same ids: they were taken by nobody.
    for (const n of [1, 2, 3]) say(frameOf(`meanwhile-${n}`, messages[n]!, n))
    say(frameOf('after', messages[4]!, 4))
    await until((all) => answers(all).length === 8)
    expect(
      answers(frames)
        .slice(4)
        .map(({ type, id }) => `${type} ${String(id)}`),
    ).to.deep.equal(['meanwhile-1', 'meanwhile-2', 'meanwhile-3', 'after'].map((id) => `accepted ${id}`))
    expect((await inHubsLog()).map(({ message }) => message)).to.deep.equal(messages.slice(0, 5).map(toBase64url))
  })

  it('may be cut in the middle: what is sent again on another one under its ids is there once, and in order', async () => {
    const first = await connect(follower, bob.token)
    const messages = await written(30)
    messages.forEach((message, n) => {
      first.say(frameOf(`send-${n}`, message, n))
    })
    await first.until((all) => answers(all).length >= 5)
    first.socket.terminate()
    const second = await connect(follower, bob.token)
    messages.forEach((message, n) => {
      second.say(frameOf(`send-${n}`, message, n))
    })
    await second.until((all) => answers(all).length === 30)
    expect(answers(second.frames).map(({ type }) => type)).to.deep.equal(messages.map(() => 'accepted'))
    const log = await inHubsLog()
    expect(log.map(({ message }) => message)).to.deep.equal(messages.map(toBase64url))
    expect(answers(second.frames).map(({ accepted }) => accepted)).to.deep.equal(log.map(({ id }) => id))
  })

  it('carries signals both ways, to who is there and into no log', async () => {
    const opened = async (house: ComposedServer, { token, queueToken }: Resident) => {
      const talker = await connect(house, token)
      talker.say({ type: 'open', token: queueToken })
      await talker.until((all) => all.some(({ type }) => type === 'queueEmpty'))
      return talker
    }
    const [ofAlice, bobs] = [await opened(hub, alice), await opened(follower, bob)]
    const before = [await hub.head(), await follower.head()]
    const [typing, reading] = [forgedSignal(group, 1n, 1), forgedSignal(group, 1n, 0)]
    bobs.say({ type: 'signal', group, signal: toBase64url(typing) })
    await ofAlice.until((all) => all.some(({ signal }) => signal === toBase64url(typing)))
    const path = at(group, '/signals')
    expect((await hub.ask(alice, 'POST', path, { json: { signal: toBase64url(reading) } })).status).to.equal(204)
    await bobs.until((all) => all.some(({ signal }) => signal === toBase64url(reading)))
    bobs.say({ type: 'signal', id: 'late', group, signal: toBase64url(forgedSignal(group, 0n, 1)) })
    await bobs.until((all) => all.some(({ id }) => id === 'late'))
    expect(bobs.frames.find(({ id }) => id === 'late')).to.have.nested.property('problem.code', 'wrong-epoch')
    for (const { frames } of [ofAlice, bobs])
      expect(frames.filter(({ type }) => type === 'signalled')).to.have.length(1)
    const told = async (house: ComposedServer, after: (typeof before)[number]) =>
      (await house.events(after)).filter(({ stream }) => /^(group|messages)-/.test(stream))
    expect([await told(hub, before[0]!), await told(follower, before[1]!)]).to.deep.equal([[], []])
  })
})
