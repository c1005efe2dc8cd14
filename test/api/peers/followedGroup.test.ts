/** A group of two servers, as they are composed: what its hub decides stands at the follower, whose members read it and have their say. */
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { expect } from 'chai'
import { createPrivateKey, sign } from 'node:crypto'
import { verifyWith } from '#src/federation/signatures/signingKey.js'
import { submitMessage } from '#src/federation/peers/submitMessage.js'
import type { Peers } from '#src/federation/peers/client.js'
import { decodeBody, encodeBody } from '#src/federation/wire/body.js'
import { groupInfoAsked, groupInfoRequest, groupInfoResponse, groupState } from '#src/federation/wire/groupInfo.js'
import type { GroupInfoRequest } from '#src/federation/wire/groupInfo.js'
import { withoutHeader } from '#src/federation/wire/mlsObjects.js'
import { updateRequest, updateResponse } from '#src/federation/wire/update.js'
import type { UpdateRequest } from '#src/federation/wire/update.js'
import { encodeWith, writeOpaque } from '#src/mls/bytes/writer.js'
import { signContent } from '#src/mls/crypto/labels.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { at, postCommit } from '../groupPeople.js'
import { accepted } from '../../mls/vectors.js'
import {
  add,
  commitOf,
  keyPackageOf,
  messageOf,
  proposalOf,
  received,
  remove,
  treeOf,
} from '../../commands/mlsFixture.js'
import { operator } from '../../faults/house.js'
import type { Resident } from '../../faults/house.js'
import { composeServer } from '../../compose/composedServer.js'
import type { ComposedServer } from '../../compose/composedServer.js'
import { groupAcross } from './groupAcross.js'
import type { GroupAcross } from './groupAcross.js'
import { followerDomain, happened, hubDomain, openStreet } from './twoServers.js'
import type { Street } from './twoServers.js'

const hpke = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() })
const own = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer

describe('a group of two servers', () => {
  let street: Street
  let hub: ComposedServer
  let follower: ComposedServer
  /** As the follower asks. */
  let asFollower: Peers

  beforeEach(async () => {
    street = await openStreet()
    hub = await composeServer(street.settingsOf(hubDomain))
    follower = await composeServer(street.settingsOf(followerDomain))
    asFollower = await street.peersOf(followerDomain, hub.clock)
  })
  afterEach(async () => {
    await hub.close()
    await follower.close()
    await street.close()
  })

  /** What its members make of it changes. */
  type Shared = { -readonly [Field in keyof GroupAcross]: GroupAcross[Field] }

  const share = async (): Promise<Shared> => groupAcross(hub, follower)

  const say = async (shared: Shared, text: string): Promise<void> => {
    const { state, message } = await messageOf(shared.ofAlice, text)
    shared.ofAlice = state
    expect(await hub.ask(shared.alice, 'POST', at(shared.group, '/messages'), { mls: message })).to.have.property(
      'status',
      201,
    )
  }

  const update = async (group: GroupId, request: UpdateRequest, key = 'one') => {
    const answer = await asFollower.ask(hubDomain, {
      ...{ method: 'POST', endpoint: 'update', parameters: { roomId: group }, contentType: 'message/mls' },
      headers: { 'idempotency-key': key },
      ...{ body: encodeBody(updateRequest, request), bytesMax: 100_000, timeoutMs: 10_000 },
    })
    expect(answer.status).to.equal(200)
    return {
      said: accepted(decodeBody(updateResponse, answer.body)),
      id: answer.headers['homeserver-accepted'],
      problem: answer.headers['homeserver-problem'],
    }
  }
  const items = async (house: ComposedServer, { queue, queueToken }: Resident): Promise<readonly string[]> => {
    const path = `/v1/queues/${encodeURIComponent(queue)}/items?limit=100`
    const { body } = await house.ask({ token: queueToken }, 'GET', path)
    return (body['items'] as readonly { readonly type: string }[]).map(({ type }) => type)
  }
  const isCausedBy = (id: string | undefined) => (event: StoredEvent) => event.meta.cause === id

  it('is followed from its join on: its members there are shown the Welcome, and what comes after it', async () => {
    const shared = await share()
    await say(shared, 'hello')
    const message = await happened(follower, ({ type }) => type === 'MessageAccepted')
    expect(message.meta.hub).to.deep.equal({ domain: hubDomain, sequence: 1 })
    while ((await items(follower, shared.bob)).length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(await items(follower, shared.bob)).to.deep.equal(['welcome', 'message'])
    await happened(
      hub,
      ({ type, data }) => type === 'PeerConfirmed' && JSON.stringify(data).includes('"sequence":2'),
      () => {
        hub.pass(1_000)
      },
    )
  })

  it('takes messages, Commits and leaving of the follower’s members, and sends them back under their ids', async () => {
    const shared = await share()
    const { group, bob } = shared
    const spoken = await messageOf(shared.ofBob, 'hello')
    shared.ofBob = spoken.state
    const sent = await submitMessage(asFollower, {
      group,
      user: bob.user,
      message: spoken.message,
      idempotencyKey: 'k',
    })
    if ('rejected' in sent) throw new Error(JSON.stringify(sent))
    await happened(follower, isCausedBy(sent.accepted))

    const made = await commitOf(shared.ofBob)
    const commit: UpdateRequest = {
      type: 'commit',
      commit: made.commit,
      welcome: undefined,
      groupInfo: withoutHeader(made.groupInfo),
      ratchetTree: treeOf(made.state),
    }
    const committed = await update(group, commit)
    expect(committed.said).to.include({ code: 'success' })
    expect(await update(group, commit)).to.deep.equal(committed)
    expect((await update(group, commit, 'two')).said).to.include({ code: 'wrongEpoch', currentEpoch: 2n })
    await happened(follower, isCausedBy(committed.id))
    shared.ofBob = made.state
    shared.ofAlice = await received(shared.ofAlice, made.parsed)

    const { message: proposal, parsed } = await proposalOf(shared.ofBob, remove(1))
    const left = await update(group, { type: 'proposal', proposal, moreProposals: [] }, 'leave')
    expect(left.said).to.include({ code: 'success' })
    await happened(follower, isCausedBy(left.id))
    const last = await commitOf(await received(shared.ofAlice, parsed))
    expect(await postCommit(hub.door, shared.alice, group, last)).to.have.property('status', 201)
    shared.ofAlice = last.state
    await happened(follower, ({ type, data }) => type === 'CommitAccepted' && (data as { epoch: string }).epoch === '3')
    await say(shared, 'nobody is there')
    const refused = await update(group, commit, 'three')
    expect(refused.said.code).to.equal('wrongEpoch')
    expect(
      await submitMessage(asFollower, { group, user: bob.user, message: spoken.message, idempotencyKey: 'l' }),
    ).to.deep.equal({
      rejected: { code: 'not-a-member' },
    })
    expect((await follower.log()).filter(({ meta }) => meta.hub !== undefined).at(-1)?.type).to.equal('CommitAccepted')
  })

  it('gives group info to a client that signs for it, sealed to its key, and to nobody else', async () => {
    const { group, bob, ofBob } = await share()
    const asking = async (change: Partial<GroupInfoRequest> = {}) => {
      const { publicKey, privateKey } = await hpke.kem.generateKeyPair()
      const asked = {
        cipherSuite: 1,
        signatureKey: bob.signatureKeys.publicKey,
        credential: { type: 'x509', certificates: bob.certificates },
        groupInfoPublicKey: new Uint8Array(await hpke.kem.serializePublicKey(publicKey)),
        joiningCode: undefined,
      } as const
      const key = createPrivateKey({ key: Buffer.from(bob.signatureKeys.signKey), format: 'der', type: 'pkcs8' })
      const content = signContent('GroupInfoRequestTBS', encodeBody(groupInfoAsked, asked))
      const request = { ...asked, signature: new Uint8Array(sign(undefined, content, key)), ...change }
      const answer = await asFollower.ask(hubDomain, {
        ...{ method: 'POST', endpoint: 'groupInfo', parameters: { roomId: group }, contentType: 'message/mls' },
        ...{ body: encodeBody(groupInfoRequest, request), bytesMax: 100_000, timeoutMs: 10_000 },
      })
      return { answer, privateKey }
    }
    const { answer, privateKey } = await asking()
    const given = accepted(decodeBody(groupInfoResponse, answer.body))
    if (given.code !== 'success') throw new Error(given.code)
    const info = own(
      encodeWith((writer) => {
        writeOpaque(writer, Buffer.from('MLS 1.0 GroupInfo and ratchet_tree encryption'))
        writeOpaque(writer, Buffer.from(group))
      }, undefined),
    )
    const { kemOutput, ciphertext } = given.encryptedGroupState
    const recipient = await hpke.createRecipientContext({ recipientKey: privateKey, info, enc: own(kemOutput) })
    const state = accepted(decodeBody(groupState, new Uint8Array(await recipient.open(own(ciphertext)))))
    expect(state.ratchetTree).to.deep.equal(treeOf(ofBob))
    const signed = signContent('GroupInfoResponseTBS', given.signed)
    expect(verifyWith(given.hubSender.signatureKey, signed, given.signature)).to.equal(true)

    const refusal = async (change: Partial<GroupInfoRequest>): Promise<unknown> =>
      (JSON.parse(Buffer.from((await asking(change)).answer.body).toString()) as { code: string }).code
    expect(await refusal({ signature: new Uint8Array(64) })).to.equal('identity-mismatch')
    const { certificates } = await follower.register()
    expect(await refusal({ credential: { type: 'x509', certificates } })).to.equal('identity-mismatch')
  })

  it('loses the members of a server that the operator blocks, and lets nobody of it in', async () => {
    const { group, alice, bob, ofAlice } = await share()
    const json = { policy: 'blocked', why: 'spam' }
    const path = `/v1/operator/peers/${followerDomain}/policy`
    expect(await hub.ask(operator, 'PUT', path, { json })).to.have.property('status', 200)
    const required = await happened(hub, ({ type }) => type === 'RemovalRequired')
    const leaves = [{ leafIndex: 1, user: bob.user, client: bob.client }]
    expect(required.data).to.deep.equal({ group, leaves, reason: 'serverBlocked' })
    const another = await keyPackageOf(follower.door.world, await follower.register())
    const made = await commitOf(ofAlice, [remove(1), add(another)])
    const { body } = await postCommit(hub.door, alice, group, made)
    expect(body).to.include({ code: 'not-allowed', capability: 'federate' })
    expect(await postCommit(hub.door, alice, group, await commitOf(ofAlice, [remove(1)]))).to.have.property(
      'status',
      201,
    )
  })

  it('goes on where it was when its outbox was rebuilt', async () => {
    const shared = await share()
    await say(shared, 'one')
    await happened(follower, ({ type }) => type === 'MessageAccepted')
    const json = { change: 'rebuild', why: 'to see' }
    const asked = await hub.ask(operator, 'POST', '/v1/operator/projections/outbox/changes', { json })
    expect(asked.status, JSON.stringify(asked.body)).to.be.within(200, 202)
    const built = async (): Promise<number> => {
      const { body } = await hub.ask(operator, 'GET', '/v1/operator/projections')
      const models = body['projections'] as readonly {
        readonly name: string
        readonly served: { readonly build: number }
      }[]
      return models.find(({ name }) => name === 'outbox')?.served.build ?? 0
    }
    while ((await built()) !== 2) {
      hub.pass(500)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await say(shared, 'two')
    await happened(
      follower,
      ({ meta }) => meta.hub?.sequence === 2,
      () => {
        hub.pass(500)
      },
    )
    const messages = (await follower.log()).filter(({ type }) => type === 'MessageAccepted')
    expect(messages.map(({ meta }) => meta.hub?.sequence)).to.deep.equal([1, 2])
  })
})
