/** The same key a hundred times at once, on every kind of command: one effect, a hundred equal answers, for good. */
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { expect } from 'chai'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Answer } from '../api/groupHouse.js'
import { at } from '../api/groupPeople.js'
import { addOf } from '../commands/forgedPeople.js'
import { publishable } from '../commands/mlsFixture.js'
import { makeTestKey } from '../api/testClient.js'
import { forgeKeyPackage, forgeProposal } from '../mls/forge.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { forgedCommit, forgedMessage, forging, founded, gathered } from './forgers.js'
import { openHouse } from './house.js'
import type { Bearer, RawOptions, RealHouse } from './house.js'

const times = 100

type Command = {
  readonly name: string
  readonly by: Bearer
  readonly method: string
  readonly path: string
  readonly options: RawOptions
  /** Another body that would be fine by itself. */
  readonly other: RawOptions
  readonly status: number
  /** Events of one effect. */
  readonly events?: number
}

describe('a command sent a hundred times at once under one key', () => {
  let house: RealHouse
  let commands: readonly Command[]
  before(async () => {
    house = await openHouse()
    commands = await commandsIn(house)
  })
  after(() => house.close())

  const send = ({ by, method, path }: Command, options: RawOptions, key: string): Promise<Answer> =>
    house.ask(by, method, path, { ...options, key })
  const shown = ({ status, bytes }: Answer): object => ({ status, body: Buffer.from(bytes).toString() })
  const firsts = new Map<Command, object>()

  it('has one effect and a hundred equal answers; with another body it is refused', async () => {
    for (const command of commands) {
      const { name, options, other, status, events = 1 } = command
      const before = await house.head()
      const answers = await Promise.all(Array.from({ length: times }, () => send(command, options, name)))
      const first = shown(answers[0]!)
      expect(first, name).to.have.property('status', status)
      for (const answer of answers) expect(shown(answer), name).to.deep.equal(first)
      expect(await house.events(before), name).to.have.length(events)
      const refused = await send(command, other, name)
      expect([refused.status, refused.body['code']], name).to.deep.equal([422, 'idempotency-mismatch'])
      expect(await house.events(before), name).to.have.length(events)
      firsts.set(command, first)
    }
  })

  it('is answered the same after kill -9', async () => {
    await house.server.crash()
    await house.server.restart()
    const before = await house.head()
    for (const command of commands) {
      const again = await send(command, command.options, command.name)
      expect(shown(again), command.name).to.deep.equal(firsts.get(command))
      const refused = await send(command, command.other, command.name)
      expect([refused.status, refused.body['code']], command.name).to.deep.equal([422, 'idempotency-mismatch'])
    }
    expect(await house.head()).to.equal(before)
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
    expect(shown(again)).to.deep.equal(shown(first))
    const frame = { type: 'send', id: 'said-once', group, message: toBase64url(message) }
    const accepted = { type: 'accepted', id: 'said-once', position: first.body['position'] }
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

/** One of every kind, in an order in which each can happen. */
const commandsIn = async (house: RealHouse): Promise<readonly Command[]> => {
  const [alice, bob, carol] = (await Promise.all([house.register(), house.register(), house.register()])).map((one) =>
    forging(house, one),
  )
  if (alice === undefined || bob === undefined || carol === undefined) throw new Error('nobody came')
  const { group, mls } = await gathered(house, [alice, bob])
  const { group: doomed } = await founded(house, alice)
  const message = (): RawOptions => ({ mls: forgedMessage(group, mls.epoch) })
  const removal = forgeProposal(mls, alice.forger, 0, { type: 'add', keyPackage: forgeKeyPackage(carol.forger) })
  const proposal = (): RawOptions => ({
    mls: encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: removal }),
  })
  const bundle = (): RawOptions => {
    const { commit, welcome, groupInfo } = forgedCommit(mls, alice, 0, [addOf(carol)])
    return { json: { commit: toBase64url(commit), welcome: toBase64url(welcome!), groupInfo: toBase64url(groupInfo) } }
  }
  const queue = async (): Promise<RawOptions> => ({
    json: { algorithm: 'Ed25519', publicKey: toBase64url((await makeTestKey()).publicKey) },
  })
  const packages = async (): Promise<RawOptions> => ({
    json: { keyPackages: [toBase64url(await publishable(house.door.world, carol, true))] },
  })
  const registration = async (handle: string): Promise<RawOptions> => {
    const { body } = await house.ask(undefined, 'POST', '/v1/ids', { json: {} })
    const { user, client } = body as { user: string; client: string }
    const csr = toBase64url(await (await makeTestKey()).csr([user, client]))
    return { json: { user, client, handle, csr } }
  }
  const again = await registration('only-once')
  const name = (one: string): string => encodeURIComponent(one)
  const commandOf = (
    by: Bearer,
    method: string,
    path: string,
    [options, other]: readonly [RawOptions, RawOptions],
    status = 200,
    events = 1,
  ): Command => ({
    name: `${method} ${path.slice(-80)}`.replaceAll(' ', ':'),
    by,
    method,
    path,
    options,
    other,
    status,
    events,
  })
  const json = (one: object, two: object): readonly [RawOptions, RawOptions] => [{ json: one }, { json: two }]
  const proposals = at(group, '/proposals')
  return [
    commandOf(undefined, 'POST', '/v1/users', [again, { json: { ...again.json, claims: 'contacts' } }], 201, 4),
    commandOf(alice, 'PATCH', '/v1/users/me', json({ claims: 'contacts' }, { claims: 'anyone' })),
    commandOf(
      bob,
      'POST',
      `/v1/users/${name(carol.user)}/requests`,
      json({ ciphertext: 'AAAA' }, { ciphertext: 'BBBA' }),
      202,
    ),
    commandOf(carol, 'POST', '/v1/queues', [await queue(), await queue()], 201),
    commandOf(carol, 'POST', '/v1/keyPackages', [await packages(), await packages()], 201),
    commandOf(
      alice,
      'POST',
      `/v1/clients/${name(carol.client)}/keyPackages/claim`,
      json({ cipherSuite: 1 }, { cipherSuite: 2 }),
    ),
    commandOf(alice, 'PUT', at(group, '/settings'), json({ retentionMs: 50_000 }, { retentionMs: 60_000 })),
    commandOf(alice, 'PUT', at(group, `/roles/${name(bob.user)}`), json({ role: 'admin' }, { role: 'member' })),
    commandOf(alice, 'PUT', at(group, '/profile'), [
      { json: { profile: 'AAAA' }, headers: { 'if-match': '"0"' } },
      { json: { profile: 'BBBA' }, headers: { 'if-match': '"1"' } },
    ]),
    commandOf(alice, 'POST', at(group, '/messages'), [message(), message()], 201),
    commandOf(alice, 'POST', proposals, [proposal(), { json: { proposal: toBase64url(proposal().mls!) } }], 201),
    commandOf(alice, 'POST', at(group, '/commits'), [bundle(), bundle()], 201),
    commandOf(alice, 'POST', at(group, '/faults'), json({ epoch: '1' }, { epoch: '0' }), 202),
    commandOf(alice, 'DELETE', at(doomed), [{}, { text: ' {}' }]),
  ]
}
