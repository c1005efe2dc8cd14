/**
 * Every call that names a user, a client, a group, a queue or an asset, made by a client of one server with what is another one's: two
 * processes of two domains. The list is the documents' own: a call that is new is missing here until it has its case.
 */
import { once } from 'node:events'
import { expect } from 'chai'
import type { ClientState } from 'ts-mls'
import { WebSocket } from 'ws'
import { clientFrame } from '#src/api/realtime/websocketFrames.js'
import { keyMaterialRequest } from '#src/client/trust/keyMaterialRequest.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { contentDigest, fileOf, shared } from '../api/assets/sharing.js'
import type { File } from '../api/assets/sharing.js'
import type { Answer } from '../api/groupHouse.js'
import { createdBy, text } from '../api/groupPeople.js'
import { groupAcross } from '../api/peers/groupAcross.js'
import { isMadeByMembers, routeOf } from '../api/peers/callsOfGroups.js'
import { followerDomain, hubDomain, openStreet, startIn } from '../api/peers/twoServers.js'
import type { Street } from '../api/peers/twoServers.js'
import { makeTestKey } from '../api/testClient.js'
import { groupInfoOf, messageOf, publishable, random } from '../commands/mlsFixture.js'
import { operationsOf } from '../faults/contract.js'
import { operator } from '../faults/house.js'
import type { Bearer, RawOptions, RealHouse, Resident } from '../faults/house.js'
import { eventually } from '../stores/eventually.js'
import { forgedSignal } from '../support/forgedSignal.js'
import { newReceiver } from '../support/pushReceiver.js'

type Asked = RawOptions & { readonly by?: Bearer; readonly query?: string; readonly names?: Names }
/** What stands in paths. */
type Names = { readonly [parameter: string]: string }
type Frame = { readonly type: string; readonly [field: string]: unknown }

describe('a call that names what is another server’s', () => {
  let street: Street
  let hub: RealHouse
  let follower: RealHouse
  /** Alice is at home at the hub, bob at the follower. */
  let [alice, bob]: Resident[] = []
  let group: GroupId
  let ofBob: ClientState
  let file: File
  let theirs: Names
  const called = new Set<string>()

  before(async () => {
    street = await openStreet()
    hub = await startIn(street, hubDomain)
    follower = await startIn(street, followerDomain)
    ;({ alice, bob, group, ofBob } = await groupAcross(hub, follower))
    file = fileOf(1_000)
    const asset = await shared(hub, alice, file)
    theirs = { user: alice.user, client: alice.client, group, queue: alice.queue, asset, digest: 'A'.repeat(43) }
  })
  after(async () => {
    await hub.close()
    await follower.close()
    await street.close()
  })

  /** By bob, of his own server; `route` as the document has it. */
  const call = async (route: string, asked: Asked = {}): Promise<Answer> => {
    const { by = bob!, query = '', names = {}, ...options } = asked
    const [method = '', template = ''] = route.split(' ')
    const idOf = (name: string): string => ({ ...theirs, ...names })[name] ?? ''
    const path = template.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(idOf(name))) + query
    const said = [decodeURIComponent(path), JSON.stringify(options.json), Buffer.from(options.mls ?? []).toString()]
    expect(said.join(), route).to.include(`mimi://${hubDomain}/`)
    called.add(route)
    return follower.ask(by, method, path, options)
  }
  const answered = async (route: string, asked: Asked = {}, status = 200): Promise<Answer['body']> => {
    const answer = await call(route, asked)
    expect(answer.status, `${route} ${JSON.stringify(answer.body)}`).to.equal(status)
    return answer.body
  }
  const refused = async (route: string, code: string, asked: Asked = {}): Promise<void> => {
    const { body } = await call(route, asked)
    expect(body, route).to.have.property('code', code)
  }
  const atHub = async (by: Bearer, method: string, path: string, options: RawOptions = {}): Promise<Answer['body']> => {
    const { status, body } = await hub.ask(by, method, path, options)
    if (status >= 300) throw new Error(JSON.stringify(body))
    return body
  }
  const ofBobAtHub = (rest: string): string => `/v1/users/${encodeURIComponent(bob!.user)}${rest}`

  it('shows a user’s profile and clients', async () => {
    const set = { json: { profile: 'AAAA' }, headers: { 'if-match': '"0"' } }
    await atHub(alice, 'PUT', '/v1/users/me/profile', set)
    expect(await answered('GET /v1/users/{user}/profile')).to.include({ version: 1, profile: 'AAAA' })
    const { clients } = await answered('GET /v1/users/{user}/clients')
    expect((clients as readonly { client: string }[]).map(({ client }) => client)).to.deep.equal([alice!.client])
  })

  it('asks a user for contact, who says yes; and is asked, and says no', async () => {
    const json = { ciphertext: 'AAAA' }
    const waitingAt = (house: RealHouse, who: Resident, from: Resident): Promise<string> =>
      eventually('a request', async () => {
        const { body } = await house.ask(who, 'GET', '/v1/requests')
        const requests = body['requests'] as readonly { readonly request: string; readonly from: string }[]
        return requests.find((one) => one.from === from.user)?.request
      })
    await answered('POST /v1/users/{user}/requests', { json }, 202)
    const request = await waitingAt(hub, alice!, bob!)
    await atHub(alice, 'POST', `/v1/requests/${request}/accept`, { json: {} })
    await eventually('the contact', async () => {
      const { body } = await follower.ask(bob, 'GET', '/v1/contacts')
      return (body['contacts'] as readonly { readonly user: string }[]).some(({ user }) => user === alice!.user)
    })
    const ann = await hub.register()
    await atHub(ann, 'POST', ofBobAtHub('/requests'), { json })
    const asked = await waitingAt(follower, bob!, ann)
    expect((await follower.ask(bob, 'POST', `/v1/requests/${asked}/reject`)).status).to.equal(200)
    await eventually('the no', async () => {
      const path = `/v1/queues/${encodeURIComponent(ann.directQueue)}/items`
      const { items } = await atHub(ann, 'GET', path)
      return JSON.stringify(items).includes('connectionRejected')
    })
  })

  it('blocks a user, to whom the own one is not there', async () => {
    await answered('PUT /v1/blocks/{user}')
    expect((await hub.ask(alice, 'GET', ofBobAtHub('/clients'))).body).to.have.property('code', 'no-such-user')
    await answered('DELETE /v1/blocks/{user}')
    await atHub(alice, 'GET', ofBobAtHub('/clients'))
  })

  it('claims a user’s KeyPackages, and those of a client alone at its own server', async () => {
    const keyPackages = [toBase64url(await publishable(hub.door.world, alice!, true))]
    await atHub(alice, 'POST', '/v1/keyPackages', { json: { keyPackages } })
    const { user, certificates, signatureKeys, key } = bob!
    const account = { user, certificates, signatureKey: key.publicKey, seed: signatureKeys.signKey.subarray(-32) }
    const request = await keyMaterialRequest({ account, target: alice!.user, room: group, cipherSuite: 1 })
    const json = { cipherSuite: 1, request: toBase64url(request) }
    const claimed = await answered('POST /v1/users/{user}/keyPackages/claim', { json })
    expect(claimed['keyPackages']).to.have.nested.property('[0].keyPackage', keyPackages[0])
    await refused('POST /v1/clients/{client}/keyPackages/claim', 'no-such-client', { json: { cipherSuite: 1 } })
  })

  it('registers nobody of another server, publishes nothing of theirs, and touches no client of theirs', async () => {
    const { user, client } = alice!
    const csr = toBase64url(await (await makeTestKey()).csr([user, client]))
    const approval = await bob!.key.sign({}, { kid: bob!.client })
    const newcomer = { user, client, csr, approval }
    await refused('POST /v1/ids', 'identity-mismatch', { by: undefined, json: { user } })
    await refused('POST /v1/users', 'identity-mismatch', {
      by: undefined,
      json: { user, client, csr, handle: 'theirs' },
    })
    await refused('POST /v1/clients', 'identity-mismatch', { by: undefined, json: newcomer })
    const locator = toBase64url(random(16))
    await refused('POST /v1/recovery', 'identity-mismatch', { by: undefined, json: { ...newcomer, locator } })
    const mls = await publishable(follower.door.world, alice!)
    await refused('POST /v1/keyPackages', 'invalid-key-package', { mls })
    await refused('DELETE /v1/clients/{client}', 'no-such-client')
    await refused('POST /v1/clients/{client}/history', 'no-such-client', { json: { offer: 'AAAA' } })
  })

  it('makes no group of another server’s, signals in it, and tells of what is no evidence', async () => {
    const groupInfo = text(await groupInfoOf(ofBob))
    const query = `?after=${encodeURIComponent(group)}`
    expect(await answered('GET /v1/users/me/groups', { query })).to.deep.include({ groups: [] })
    await refused('PUT /v1/groups/{group}', 'already-exists', { json: { groupInfo } })
    const signal = toBase64url(forgedSignal(group, 1n, 1))
    await answered('POST /v1/groups/{group}/signals', { json: { signal } }, 204)
    const complaint = { group, accused: alice!.user, at: Date.now(), category: 'spam' }
    const json = { ...complaint, content: 'AAAA', salt: 'AAAA', tag: 'AAAA', frank: 'AAAA' }
    await refused('POST /v1/reports', 'evidence-refused', { json })
  })

  it('gets an asset, and nothing else of it', async () => {
    const headers = { 'asset-capability': file.capability }
    const got = await call('GET /v1/assets/{asset}', { headers })
    expect([got.status, Buffer.from(got.bytes).equals(file.bytes)]).to.deep.equal([200, true])
    await answered('HEAD /v1/assets/{asset}', { headers })
    const bytes = Buffer.from('bytes')
    const whole = { mls: bytes, media: 'application/octet-stream', headers: { 'content-digest': contentDigest(bytes) } }
    await refused('PUT /v1/assets/{asset}', 'no-such-asset', whole)
    await refused('POST /v1/assets/{asset}/renewal', 'no-such-asset')
    await refused('DELETE /v1/assets/{asset}', 'no-such-asset')
    const tus = { 'tus-resumable': '1.0.0' }
    const upload = '/v1/assets/{asset}/upload'
    await refused(`POST ${upload}`, 'no-such-asset', { headers: { ...tus, 'upload-length': '5' } })
    await answered(`HEAD ${upload}`, { headers: tus }, 404)
    const patch = { mls: bytes, media: 'application/offset+octet-stream' }
    await refused(`PATCH ${upload}`, 'no-such-asset', { ...patch, headers: { ...tus, 'upload-offset': '0' } })
    await refused(`DELETE ${upload}`, 'no-such-asset', { headers: tus })
  })

  it('opens no queue of another server’s, and says of its own what a group of theirs may wake', async () => {
    const by = { token: bob!.queueToken }
    const queue = '/v1/queues/{queue}'
    await refused(`GET ${queue}`, 'no-such-queue', { by })
    await refused(`GET ${queue}/items`, 'no-such-queue', { by })
    const { body } = await follower.ask(bob, 'GET', '/v1/users/me')
    await refused(`POST ${queue}/acknowledgements`, 'no-such-queue', { by, json: { upTo: body['position'] } })
    await refused(`GET ${queue}/welcomes/{digest}`, 'no-such-queue', { by })
    const subscription = { endpoint: 'https://push.example.net/x', keys: newReceiver().keys }
    await refused(`POST ${queue}/push`, 'no-such-queue', { by, json: subscription })
    await refused(`GET ${queue}/push`, 'no-such-queue', { by })
    await refused(`DELETE ${queue}/push/{subscription}`, 'no-such-queue', {
      by,
      names: { subscription: 'A'.repeat(22) },
    })
    await refused(`DELETE ${queue}`, 'no-such-queue', { by })
    const json = { default: 'all', groups: { [group]: 'none' } }
    await answered(`PUT ${queue}/push/policy`, { by, json, names: { queue: bob!.queue } })
  })

  it('leaves to operators what is their own server’s', async () => {
    const why = { by: operator, query: '?why=review' }
    const act = { by: operator, json: { why: 'review' } }
    const user = '/v1/operator/users/{user}'
    expect(
      await answered('GET /v1/operator/users', { by: operator, query: `?user=${encodeURIComponent(alice!.user)}` }),
    ).to.deep.include({ users: [] })
    await refused(`GET ${user}`, 'no-such-user', why)
    for (const what of ['POST …/disable', 'POST …/enable', 'DELETE …', 'DELETE …/handle', 'DELETE …/clients/{client}'])
      await refused(what.replace('…', user), 'no-such-user', act)
    await refused('DELETE /v1/operator/groups/{group}', 'not-allowed', act)
    await refused('POST /v1/operator/groups/{group}/reset', 'not-allowed', act)
    const names = { moment: new Date().toISOString() }
    const asOf = '/v1/audit/asOf/{moment}'
    const seen = await answered(`GET ${asOf}/groups/{group}`, { by: operator, names })
    expect(seen['members']).to.have.length(2)
    // Its random part is that of one of ours.
    const ours = (await createdBy(follower.door, bob!)).group
    const alike = { ...names, group: ours.replace(followerDomain, hubDomain) }
    expect(await answered(`GET ${asOf}/groups/{group}`, { by: operator, names: alike })).to.include({ status: 'none' })
    await refused('DELETE /v1/operator/groups/{group}', 'no-such-group', { ...act, names: alike })
    await refused(`GET ${asOf}/users/{user}`, 'no-such-user', { ...why, names })
    await refused(`GET ${asOf}/clients/{client}/keyPackages`, 'no-such-client', { by: operator, names })
  })

  it('goes over a websocket likewise', async () => {
    const url = `${follower.server.url.replace('http', 'ws')}/v1/websocket`
    const socket = new WebSocket(url, ['mls-homeserver.1'], { headers: { authorization: `Bearer ${bob!.token}` } })
    await once(socket, 'open')
    const framesSaid = new Set<string>()
    const say = async (frame: Frame): Promise<Frame> => {
      framesSaid.add(frame.type)
      const heard = once(socket, 'message')
      socket.send(JSON.stringify(frame))
      return JSON.parse(String(((await heard) as [Buffer])[0])) as Frame
    }
    const { queue } = theirs
    const { body } = await follower.ask(bob, 'GET', '/v1/users/me')
    expect(await say({ type: 'open', queue })).to.have.nested.property('problem.code', 'no-such-queue')
    const upTo = body['position']
    expect(await say({ type: 'acknowledge', queue, upTo })).to.have.nested.property('problem.code', 'no-such-queue')
    const { state, message } = await messageOf(ofBob, 'hello')
    ofBob = state
    const sent = await say({ type: 'send', id: 'hello', group, message: toBase64url(message) })
    expect(sent).to.include({ type: 'accepted', id: 'hello' }).and.to.have.property('accepted')
    const signal = toBase64url(forgedSignal(group, 0n, 1))
    expect(await say({ type: 'signal', id: 'late', group, signal })).to.have.nested.property(
      'problem.code',
      'wrong-epoch',
    )
    socket.terminate()
    const naming = clientFrame.options.filter(({ shape }) => 'group' in shape || 'queue' in shape)
    expect([...framesSaid]).to.have.members(naming.map(({ shape }) => shape.type.value))
  })

  it('has its case here, or among those that members of a group make', async () => {
    const naming = (await operationsOf(follower.server.url)).filter(({ namesIds }) => namesIds).map(routeOf)
    expect(naming).to.have.length.above(50)
    expect(naming.filter((route) => !called.has(route) && !isMadeByMembers(route))).to.deep.equal([])
  })
})
