/** What the routes of groups refuse, and by which code: messages of another kind, proposals without a use, people who are gone. */
import { expect } from 'chai'
import { userAggregate } from '#src/commands/account/user.js'
import { contactsAggregate } from '#src/commands/contacts/contacts.js'
import { contactsStream } from '#src/events/contacts.js'
import type { ContactsEvent } from '#src/events/contacts.js'
import { userStream } from '#src/events/user.js'
import type { UserEvent } from '#src/events/user.js'
import { groupIdBytes } from '#src/mls/wire/ids.js'
import type { GroupId, UserId } from '#src/mls/wire/ids.js'
import type { LeafNodeSource } from '#src/mls/wire/leafNode.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { MlsContent } from '#src/mls/wire/mlsMessage.js'
import type { PreSharedKeyId } from '#src/mls/wire/preSharedKeyId.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import { acceptProposal } from '#src/mls/group/acceptProposal.js'
import type { PublicGroup } from '#src/mls/group/publicGroup.js'
import { accept } from '#src/streams/decider.js'
import {
  forgeCommit,
  forgeGroup,
  forgeGroupInfo,
  forgeKeyPackage,
  forgeProposal,
  forgeWelcome,
  lenient,
  random,
} from '../mls/forge.js'
import { accepted } from '../mls/vectors.js'
import { stageCommit } from '#src/mls/group/stageCommit.js'
import { addOf, bundleOf, person, required } from '../commands/forgedPeople.js'
import type { Person } from '../commands/forgedPeople.js'
import type { TestClient } from '../commands/mlsFixture.js'
import { now } from '../commands/mlsFixture.js'
import { vouchedKey } from '../commands/people.js'
import { startHouse } from './groupHouse.js'
import type { Answer, House } from './groupHouse.js'
import { at, reserved, text } from './groupPeople.js'

const nowS = BigInt(Math.floor(now / 1000))
const today: LeafNodeSource = { type: 'keyPackage', notBefore: nowS - 3600n, notAfter: nowS + 86_400n * 30n }
const policy = { ...lenient, now }

const psk = (key: Partial<PreSharedKeyId> = {}): Proposal => ({
  type: 'preSharedKey',
  key: { type: 'external', id: random(8), nonce: random(32), bytes: new Uint8Array(), ...key } as PreSharedKeyId,
})

describe('the Delivery Service refuses', () => {
  let house: House
  let alice: Person
  let bob: Person
  let group: GroupId
  let mls: PublicGroup
  before(async () => {
    house = await startHouse()
  })
  after(() => house.close())
  const someone = async (user?: UserId): Promise<Person> => {
    const made = await person(house.world, user)
    return { ...made, forger: { ...made.forger, lifetime: today } }
  }
  const ask = (by: Person, method: string, path: string, options: object): Promise<Answer> =>
    house.ask(by as unknown as TestClient, method, path, options)
  const codeOf = ({ status, body }: Answer): unknown =>
    status < 300 ? status : [body['code'], body['capability'] ?? body['reason']].filter((one) => one !== undefined)
  const commit = async (by: Person, leafIndex: number | undefined, proposals: readonly (Proposal | Uint8Array)[]) => {
    const made = bundleOf(mls, by, leafIndex, proposals, policy)
    if (made === undefined) throw new Error('not by MLS itself')
    const bundle = Buffer.concat([made.commit, made.welcome ?? new Uint8Array(), made.groupInfo])
    const answer = await ask(by, 'POST', at(group, '/commits'), { mls: bundle })
    if (answer.status === 201) mls = made.next
    return answer
  }
  const propose = (by: Person, message: MlsContent) =>
    ask(by, 'POST', at(group, '/proposals'), { mls: encodeMlsMessage(message) })
  const proposed = (by: Person, sender: Parameters<typeof forgeProposal>[2], proposal: Proposal) =>
    propose(by, { wireFormat: 'publicMessage', publicMessage: forgeProposal(mls, by.forger, sender, proposal) })

  beforeEach(async () => {
    ;[alice, bob] = [await someone(), await someone()]
    group = await reserved(house, alice as unknown as TestClient)
    mls = forgeGroup(alice.forger, [required], groupIdBytes(group))
    const created = await ask(alice, 'PUT', at(group), { mls: forgeGroupInfo(mls, alice.forger, 0) })
    expect(created.status, JSON.stringify(created.body)).to.equal(201)
    expect((await commit(alice, 0, [addOf(bob)])).status).to.equal(201)
  })

  it('as a Commit whatever is another message, as a broken bundle what is one with parts in the wrong place', async () => {
    const publicMessage = forgeCommit(mls, alice.forger, 0)
    const info = forgeGroupInfo(mls, alice.forger, 0)
    const application = { type: 'application', data: random(5) } as const
    const others: readonly MlsContent[] = [
      {
        wireFormat: 'privateMessage',
        privateMessage: {
          groupId: mls.groupId,
          epoch: mls.epoch,
          contentType: 'commit',
          authenticatedData: random(0),
          encryptedSenderData: random(28),
          ciphertext: random(100),
        },
      },
      { wireFormat: 'keyPackage', keyPackage: forgeKeyPackage(bob.forger) },
      {
        wireFormat: 'publicMessage',
        publicMessage: forgeProposal(mls, alice.forger, 0, { type: 'remove', removed: 1 }),
      },
      {
        wireFormat: 'publicMessage',
        publicMessage: forgeProposal(mls, alice.forger, 0, addOf(bob), (framed) => ({
          ...framed,
          content: application,
        })),
      },
    ]
    for (const other of others) {
      const bytes = encodeMlsMessage(other)
      for (const bundle of [Buffer.concat([bytes, info]), bytes]) {
        const answer = await ask(alice, 'POST', at(group, '/commits'), { mls: bundle })
        expect(codeOf(answer)).to.deep.equal(['unsupported-message', 'bundleCommit'])
      }
      const whole = encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage })
      for (const [json, reason] of [
        [{ commit: text(bytes), groupInfo: text(info) }, 'bundleCommit'],
        [{ commit: text(whole), groupInfo: text(bytes) }, 'bundleGroupInfo'],
        [{ commit: text(whole), welcome: text(bytes), groupInfo: text(info) }, 'bundleWelcome'],
      ] as const)
        expect(codeOf(await ask(alice, 'POST', at(group, '/commits'), { json }))).to.deep.equal([
          'unsupported-message',
          reason,
        ])
    }
    const misplaced = await ask(alice, 'POST', at(group, '/commits'), { mls: info })
    expect(misplaced.body['code']).to.equal('malformed')
  })

  it('pre-shared keys, by value, by reference and from outside', async () => {
    const refused = ['not-allowed', 'preSharedKey']
    const resumption = { type: 'resumption', usage: 'application', groupId: mls.groupId, epoch: 0n } as const
    for (const one of [psk(), psk(resumption)]) {
      expect(codeOf(await proposed(bob, 1, one))).to.deep.equal(refused)
      expect(codeOf(await commit(alice, 0, [one]))).to.deep.equal(refused)
    }
    const phone = await someone(bob.user)
    const init: Proposal = { type: 'externalInit', kemOutput: Uint8Array.of(9, ...new Uint8Array(31)) }
    expect(codeOf(await commit(phone, undefined, [init, psk()]))).to.deep.equal(refused)
    expect(codeOf(await commit(phone, undefined, [init]))).to.equal(201)
  })

  it('the end of the group for another one, and proposals of types that nobody here knows', async () => {
    const reInit: Proposal = { type: 'reInit', groupId: random(16), version: 1, cipherSuite: 1, extensions: [] }
    expect(codeOf(await proposed(alice, 0, reInit))).to.deep.equal(['not-allowed', 'reInit'])
    expect(codeOf(await commit(alice, 0, [reInit]))).to.deep.equal(['not-allowed', 'reInit'])
    for (const type of [8, 10, 0x0a0a, 0xf003]) {
      const known = forgeProposal(mls, alice.forger, 0, { type: 'remove', removed: 1 })
      const bytes = encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: known })
      const place = Buffer.from(bytes).lastIndexOf(Buffer.from([0, 3, 0, 0, 0, 1]))
      const unknown = Buffer.from(bytes)
      unknown.writeUInt16BE(type, place)
      expect(codeOf(await ask(alice, 'POST', at(group, '/proposals'), { mls: unknown }))).to.deep.equal([
        'not-allowed',
        'proposalType',
      ])
      const whole = bundleOf(mls, alice, 0, [{ type: 'remove', removed: 1 }], policy)!
      const inside = Buffer.from(whole.commit)
      inside.writeUInt16BE(type, inside.lastIndexOf(Buffer.from([1, 0, 3, 0, 0, 0, 1])) + 1)
      const json = { commit: text(inside), groupInfo: text(whole.groupInfo) }
      expect(codeOf(await ask(alice, 'POST', at(group, '/commits'), { json }))).to.deep.equal([
        'not-allowed',
        'proposalType',
      ])
    }
  })

  it('what comes from somebody who is no member', async () => {
    const removing: Proposal = { type: 'remove', removed: 1 }
    expect(codeOf(await proposed(alice, { type: 'external', senderIndex: 0 }, removing))).to.deep.equal([
      'not-allowed',
      'external',
    ])
    const own = addOf(alice)
    expect(codeOf(await proposed(alice, { type: 'newMemberProposal' }, own))).to.deep.equal([
      'not-allowed',
      'newMemberProposal',
    ])
  })

  describe('to add', () => {
    const happens = async (event: UserEvent | ContactsEvent, user: UserId): Promise<void> => {
      const context = { id: text(random(16)), bodyHash: '', at: now }
      const isContact = event.type === 'UserBlocked' || event.type === 'UserUnblocked'
      const outcome = isContact
        ? await house.streams.execute(contactsAggregate, contactsStream(user), context, () => accept(event))
        : await house.streams.execute(userAggregate, userStream(user), context, () => accept(event as UserEvent))
      expect(outcome).not.to.have.property('rejected')
    }
    const registers = ({ user, client }: Person) => {
      const first = { client, directQueue: client.replace('/d/', '/q/') as never, key: vouchedKey(1) }
      const data = { user, handle: 'h', handleHash: 'h', first, discovery: 'exact', claims: 'anyone' } as const
      return happens({ type: 'UserRegistered', data }, user)
    }
    const leaves = (user: UserId) =>
      happens(
        { type: 'UserDeleted', data: { user, handleHash: 'h', clients: [], directQueues: [], serials: [] } },
        user,
      )

    const gone: readonly (readonly [string, (carol: Person) => Promise<void>])[] = [
      ['a user who was deleted', ({ user }) => leaves(user)],
      [
        'a registration that was abandoned',
        ({ user }) => happens({ type: 'RegistrationAbandoned', data: { user } }, user),
      ],
      [
        'a client that was removed',
        async (carol) => {
          await registers(carol)
          const { user, client } = carol
          const directQueue = client.replace('/d/', '/q/') as never
          const data = { user, client, directQueue, reason: 'requested' } as const
          await happens({ type: 'ClientRemoved', data: { ...data, serials: [] } }, user)
        },
      ],
      ['a client that its user does not have', async ({ user }) => registers(await someone(user))],
      [
        'a user who has blocked the one who adds',
        async (carol) => {
          await registers(carol)
          await happens({ type: 'UserBlocked', data: { user: carol.user, blocked: alice.user } }, carol.user)
        },
      ],
    ]
    for (const [what, happen] of gone) {
      it(`${what}, in a Commit or a proposal`, async () => {
        const [carol, dave] = [await someone(), await someone()]
        await happen(carol)
        expect(codeOf(await commit(alice, 0, [addOf(carol)]))).to.deep.equal(['no-such-client'])
        expect(codeOf(await commit(alice, 0, [addOf(dave), addOf(carol)]))).to.deep.equal(['no-such-client'])
        expect(codeOf(await proposed(alice, 0, addOf(carol)))).to.deep.equal(['no-such-client'])
        expect(codeOf(await commit(alice, 0, [addOf(dave)]))).to.equal(201)
      })
    }

    it('by a pending proposal whom it was true of when it was proposed, and names it', async () => {
      const carol = await someone()
      await registers(carol)
      const publicMessage = forgeProposal(mls, alice.forger, 0, addOf(carol))
      const { ref, next } = accepted(acceptProposal(mls, publicMessage, policy))
      expect(codeOf(await propose(alice, { wireFormat: 'publicMessage', publicMessage }))).to.equal(201)
      mls = next
      await happens({ type: 'UserBlocked', data: { user: carol.user, blocked: bob.user } }, carol.user)
      await leaves(carol.user)
      const answer = await commit(bob, 1, [ref])
      expect(codeOf(answer)).to.deep.equal(['invalid-proposal', 'noSuchClient'])
      expect(answer.body['refs']).to.deep.equal([text(ref)])
    })

    it('by one whom the newcomer did not block: whom it blocked may commit another’s Add', async () => {
      const carol = await someone()
      await registers(carol)
      await happens({ type: 'UserBlocked', data: { user: carol.user, blocked: bob.user } }, carol.user)
      const publicMessage = forgeProposal(mls, alice.forger, 0, addOf(carol))
      const { ref, next } = accepted(acceptProposal(mls, publicMessage, policy))
      expect(codeOf(await propose(alice, { wireFormat: 'publicMessage', publicMessage }))).to.equal(201)
      mls = next
      expect(codeOf(await commit(bob, 1, [ref]))).to.equal(201)
    })
  })

  it('many newcomers by their numbers, then by whether they go together, then by one signature, then one by one', async () => {
    const carol = await someone()
    const unsigned = (of: Person): Proposal => {
      const add = addOf(of)
      if (add.type !== 'add') throw new Error('no Add')
      return { ...add, keyPackage: { ...add.keyPackage, signature: random(64) } }
    }
    const posted = async (proposals: readonly Proposal[], spoil = false): Promise<unknown> => {
      const publicMessage = forgeCommit(mls, alice.forger, 0, { proposals })
      const signature = spoil ? random(64) : publicMessage.signature
      const bytes = encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: { ...publicMessage, signature } })
      const staged = accepted(
        stageCommit(mls, forgeCommit(mls, alice.forger, 0, { proposals: [addOf(carol)] }), policy),
      )
      const welcome = encodeMlsMessage({ wireFormat: 'welcome', welcome: forgeWelcome(staged) })
      const info = forgeGroupInfo(mls, alice.forger, 0)
      return codeOf(await ask(alice, 'POST', at(group, '/commits'), { mls: Buffer.concat([bytes, welcome, info]) }))
    }
    const others = await Promise.all(Array.from({ length: 5 }, () => someone()))
    expect(await posted([unsigned(carol), unsigned(carol)])).to.deep.equal(['invalid-proposal', 'repeatedAdd'])
    expect(await posted([...others.map(unsigned), unsigned(bob)])).to.deep.equal([
      'invalid-leaf',
      'duplicateSignatureKey',
    ])
    expect(await posted(others.map(unsigned), true)).to.deep.equal(['invalid-commit', 'message'])
    expect(await posted([...others.slice(1).map(addOf), unsigned(others[0]!)])).to.deep.equal([
      'invalid-key-package',
      'signature',
    ])
  })
})
