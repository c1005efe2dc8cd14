/** What wakes whom: the recipient's policy, the sender's urgency, who is in the group, and who is being read to. */
import { expect } from 'chai'
import { contactsStream } from '#src/events/contacts.js'
import { messagesStream } from '#src/events/messages.js'
import type { PushPolicy } from '#src/events/push.js'
import { queueStream } from '#src/events/queue.js'
import { tagOf } from '#src/events/form/sealedSubscription.js'
import { userStream } from '#src/events/user.js'
import { clientNumber, groupNumber, leaf, queueNumber, userNumber } from '../projections/queues/world.js'
import { contact, pushKey, pushWorld } from './world.js'
import type { Phone } from './world.js'

const [alice, bob, carol] = [queueNumber(1), queueNumber(2), queueNumber(3)]
const [garden, office] = [groupNumber(1), groupNumber(2)]

describe('what wakes somebody who is away', () => {
  type World = Awaited<ReturnType<typeof pushWorld>>
  let house: World
  let phone: Phone
  let worker: Awaited<ReturnType<World['start']>>
  beforeEach(async () => {
    house = await pushWorld()
    await house.groupOf(garden, [alice, bob])
    phone = await house.subscribe(bob)
    worker = await house.start()
  })
  afterEach(() => worker.stop())

  /** How often bob was woken by what the log holds now. */
  const woken = async (): Promise<number> => {
    await house.decided()
    return phone.pushes.length
  }

  it('a message does, saying the queue’s tag and nothing else, in as many bytes as any other push', async () => {
    await house.say(garden)
    await phone.asked(1)
    const [push] = phone.pushes
    expect(JSON.parse(push!.text)).to.deep.equal({ tag: tagOf(pushKey, bob) })
    expect(push!.text).to.have.length(128)
    expect(push).to.deep.include({ urgency: 'normal', ttl: '604800', topic: 'wake', contact })
  })

  it('an urgent message does so urgently', async () => {
    await house.say(garden, { urgency: 'urgent' })
    await phone.asked(1)
    expect(phone.pushes[0]).to.include({ urgency: 'high' })
  })

  it('a silent message does not', async () => {
    await house.say(garden, { urgency: 'silent' })
    expect(await woken()).to.equal(0)
  })

  it('what goes on in the group does not', async () => {
    await house.world.commit(garden, 2)
    expect(await woken()).to.equal(0)
  })

  it('a Welcome does', async () => {
    await house.world.createGroup(office, alice)
    await house.world.commit(office, 1, { added: [{ ...leaf(1, bob), keyPackageRef: 'AAAA' }] })
    expect(await woken()).to.equal(1)
  })

  const key = {
    ...{ signatureKey: 'AAAA', certificate: 'AAAA', issuer: 'AAAA', serial: 's', notAfter: 1 },
    algorithm: 'Ed25519' as const,
  }

  it('what is for a person does, at the direct queues of all its clients', async () => {
    const [user, first, second] = [userNumber(9), clientNumber(8), clientNumber(9)]
    const direct = [queueNumber(8), queueNumber(9)] as const
    const made = { user, handle: 'AAAA', handleHash: 'h', discovery: 'exact', claims: 'anyone' } as const
    const [one, other] = [
      { client: first, directQueue: direct[0] },
      { client: second, directQueue: direct[1] },
    ]
    await house.append(userStream(user), { type: 'UserRegistered', data: { ...made, first: { ...one, key } } })
    const added = { user, ...other, key, approvedBy: first, approval: 'jws' }
    await house.append(userStream(user), { type: 'ClientAdded', data: added })
    const phones = [await house.subscribe(direct[0]), await house.subscribe(direct[1])]
    const asked = { user, from: userNumber(7), request: 'r', ciphertext: 'AAAA' }
    await house.append(contactsStream(user), { type: 'ConnectionRequested', data: asked })
    await Promise.all(phones.map((each) => each.asked(1)))
    expect(phones.map(({ pushes }) => pushes.length)).to.deep.equal([1, 1])
  })

  const rows: readonly [PushPolicy, 'plain' | 'for bob' | 'for alice', number][] = [
    ['all', 'plain', 1],
    ['all', 'for bob', 1],
    ['all', 'for alice', 0],
    ['targeted', 'plain', 0],
    ['targeted', 'for bob', 1],
    ['targeted', 'for alice', 0],
    ['none', 'plain', 0],
    ['none', 'for bob', 0],
  ]
  for (const [policy, words, times] of rows)
    it(`policy ${policy}: a message ${words}, urgent or not, ${times === 1 ? 'does' : 'does not'}`, async () => {
      await house.policy(bob, policy)
      const targets = { plain: {}, 'for bob': { targets: [1] }, 'for alice': { targets: [0] } }[words]
      await house.say(garden, { ...targets, urgency: 'urgent' })
      expect(await woken()).to.equal(times)
    })

  it('the policy of a group wins over the default, and changes with the next message', async () => {
    await house.policy(bob, 'none', { [garden]: 'all' })
    await house.say(garden)
    expect(await woken()).to.equal(1)
    await house.policy(bob, 'all', { [garden]: 'none' })
    await house.acknowledge(bob, (await house.say(garden)) + 0)
    await house.say(garden)
    expect(await woken()).to.equal(1)
  })

  it('a Welcome is under the policy of its group', async () => {
    await house.policy(bob, 'all', { [office]: 'none' })
    await house.world.createGroup(office, alice)
    await house.world.commit(office, 1, { added: [{ ...leaf(1, bob), keyPackageRef: 'AAAA' }] })
    expect(await woken()).to.equal(0)
  })

  it('nothing does before a member has come, or after it has gone', async () => {
    await house.say(garden)
    await phone.asked(1)
    await house.world.createQueue(carol)
    const late = await house.subscribe(carol)
    await house.say(garden)
    await house.world.commit(garden, 2, { added: [{ ...leaf(2, carol), keyPackageRef: undefined }] })
    await house.decided()
    expect(late.pushes).to.have.length(0)
    await house.say(garden, {})
    await house.append(messagesStream(garden), {
      type: 'MessageAccepted',
      data: { group: garden, epoch: '2', message: 'AAAA' },
    })
    await late.asked(1)
    await house.acknowledge(carol, Number.MAX_SAFE_INTEGER)
    await house.world.commit(garden, 3, { removed: [{ leafIndex: 2, user: userNumber(2), client: clientNumber(2) }] })
    await house.append(messagesStream(garden), {
      type: 'MessageAccepted',
      data: { group: garden, epoch: '3', message: 'AAAA' },
    })
    await house.decided()
    expect(late.pushes).to.have.length(1)
  })

  it('nothing does while its owner is being read to; what is still not acknowledged when that ends, does', async () => {
    const generation = await house.consumers.consume(bob, 'one')
    await house.say(garden)
    expect(await woken()).to.equal(0)
    await house.consumers.leave(bob, generation)
    await house.pass(2_000)
    await phone.asked(1)
  })

  it('what was acknowledged while its owner was being read to does not afterwards', async () => {
    const generation = await house.consumers.consume(bob, 'one')
    const at = await house.say(garden)
    await house.decided()
    await house.acknowledge(bob, at)
    await house.decided()
    await house.consumers.leave(bob, generation)
    await house.pass(2_000)
    expect(await woken()).to.equal(0)
  })

  it('a consumer that a killed process has left behind keeps nothing back', async () => {
    await house.consumers.consume(bob, 'a process that is no more')
    await house.say(garden)
    await phone.asked(1)
  })

  it('more messages wake nobody again until something is acknowledged', async () => {
    await house.say(garden)
    await phone.asked(1)
    const at = await house.say(garden, { urgency: 'urgent' })
    expect(await woken()).to.equal(1)
    await house.acknowledge(bob, at)
    await house.say(garden)
    expect(await woken()).to.equal(2)
  })

  it('its last receiver that goes takes along what it was to be woken for', async () => {
    const generation = await house.consumers.consume(bob, 'one')
    await house.say(garden)
    await house.decided()
    await house.unsubscribe(bob, phone.subscription)
    await house.consumers.leave(bob, generation)
    const another = await house.subscribe(bob)
    await house.decided()
    await house.pass(2_000)
    await house.decided()
    expect([...phone.pushes, ...another.pushes]).to.have.length(0)
  })

  it('a queue that was deleted is not woken', async () => {
    const generation = await house.consumers.consume(bob, 'one')
    await house.say(garden)
    await house.decided()
    await house.append(queueStream(bob), { type: 'QueueDeleted', data: { queue: bob, reason: 'requested' } })
    await house.consumers.leave(bob, generation)
    await house.decided()
    await house.pass(2_000)
    expect(await woken()).to.equal(0)
  })
})
