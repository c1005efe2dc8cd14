/** What a follower takes from a hub, and each thing for which it stops. */
import { expect } from 'chai'
import { groupAggregate } from '#src/commands/group/group.js'
import { peerAggregate } from '#src/commands/peer/peer.js'
import { groupStream } from '#src/events/group.js'
import { nameOfFact } from '#src/events/namedFact.js'
import { messagesStream } from '#src/events/messages.js'
import { peerStream } from '#src/events/peerOutbox.js'
import { factsBytes } from '#src/federation/facts.js'
import type { Item, Notified } from '#src/federation/item.js'
import { lookAgain } from '#src/federation/record/lookAgain.js'
import { decodeBody, encodeBody } from '#src/federation/wire/body.js'
import {
  commitItem,
  gapItem,
  joinItem,
  messageItem,
  noticeItem,
  proposalItem,
} from '#src/federation/wire/itemContents.js'
import type { JoinItem } from '#src/federation/wire/itemContents.js'
import { withHeader } from '#src/federation/wire/mlsObjects.js'
import { blobReferenceOf } from '#src/events/form/blobReference.js'
import type { SealedReference } from '#src/events/form/fields.js'
import type { Json } from '#src/events/form/json.js'
import { itemsOf } from '#src/items/itemsOf.js'
import { placedOf } from '#src/items/placed.js'
import { leafOf } from '#src/mls/tree/ratchetTree.js'
import { groupIdBytes, makeId, parseDomain, parseGroupId } from '#src/mls/wire/ids.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { authenticatedDataWith } from '#src/mls/wire/frankingTag.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { commitOf, found, message, notice, propose } from '../../simulation/federation/hub.js'
import { accepted } from '../../mls/vectors.js'
import { openServer } from '../../simulation/federation/server.js'
import { silentLogger } from '../../support/silentLogger.js'
import { changed, isAway, openScene } from '../scene.js'
import type { Scene } from '../scene.js'

/** The scene with Bob added, and what the hub sends of it. */
const withBob = async (): Promise<{ readonly scene: Scene; readonly join: Item }> => {
  const scene = await openScene()
  expect(await scene.add(scene.bob)).to.equal(true)
  const [join] = await scene.drain()
  return { scene, join: join! }
}

/** …and what comes after the join. */
const afterJoin = async (act: (scene: Scene) => Promise<unknown>) => {
  const { scene, join } = await withBob()
  await act(scene)
  const [, item] = await scene.drain()
  expect(await scene.follow([join])).to.deep.equal({ status: 'recorded', next: 1 })
  return { scene, item: item! }
}

const codeOf = (answer: Notified): unknown => {
  expect(answer.status).to.equal('refused')
  const { code, reason, detail } = JSON.parse('reason' in answer ? answer.reason : '{}') as Record<string, string>
  return [code, reason ?? detail].filter((word) => word !== undefined).join(': ')
}

const typesIn = async ({ follower }: Scene, group: GroupId): Promise<readonly string[]> =>
  (await follower.events.readStream(groupStream(group), { from: 0, limit: 100 })).map(({ type }) => type)

describe('a join', () => {
  it('is recorded with its Welcome, and who was added by which KeyPackage', async () => {
    const { scene, join } = await withBob()
    expect(await scene.follow([join])).to.deep.equal({ status: 'recorded', next: 1 })
    const [followed] = await scene.follower.events.readStream(groupStream(scene.group), { from: 0, limit: 1 })
    const { welcome, leaves } = followed?.data as {
      welcome?: { digest: string }
      leaves: { client: string; keyPackageRef?: string }[]
    }
    expect(await scene.follower.blobs.get(welcome?.digest ?? '')).not.to.equal(undefined)
    expect(leaves.map(({ client, keyPackageRef }) => [client, keyPackageRef !== undefined])).to.deep.equal([
      [scene.alice.client, false],
      [scene.bob.client, true],
    ])
  })

  it('shows the Welcome to the queue of whom it added, and to no other', async () => {
    const { scene, join } = await withBob()
    await scene.follow([join])
    const [followed] = await scene.follower.events.readStream(groupStream(scene.group), { from: 0, limit: 1 })
    const { leaves } = followed!.data as unknown as { leaves: { queue: SealedReference; keyPackageRef?: string }[] }
    const queues = new Map(
      leaves.map(({ queue }, n) => [
        queue.reference,
        makeId('queue', scene.follower.domain, new Uint8Array(16).fill(n)),
      ]),
    )
    const shown = itemsOf(placedOf(followed!), ({ reference }) => queues.get(reference))
    const { welcome } = accepted(decodeBody(joinItem, join.bytes))
    expect(shown.map(({ audience, item }) => [audience, item.type])).to.deep.equal([
      [{ recipient: queues.get(leaves[1]!.queue.reference) }, 'welcome'],
    ])
    expect(shown[0]?.item).to.deep.include({
      refs: [leaves[1]!.keyPackageRef],
      ...blobReferenceOf(withHeader('welcome', welcome!)),
    })
  })

  it('tells which root its hub says that it has, with the Welcome', async () => {
    const { scene, join } = await withBob()
    const root = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'
    const named = changed(join, joinItem, (content) => {
      const said = JSON.parse(Buffer.from(content.facts).toString()) as Record<string, Json>
      return { ...content, facts: factsBytes({ ...said, root }) }
    })
    expect(await scene.follow([named])).to.deep.equal({ status: 'recorded', next: 1 })
    const [followed] = await scene.follower.events.readStream(groupStream(scene.group), { from: 0, limit: 1 })
    const [shown] = itemsOf(placedOf(followed!), () => makeId('queue', scene.follower.domain, new Uint8Array(16)))
    expect(shown?.item).to.include({ type: 'welcome', root })
  })

  const join = (change: (content: JoinItem) => JoinItem) => async () => {
    const { scene, join } = await withBob()
    const answer = await scene.follow([changed(join, joinItem, change)])
    expect(await typesIn(scene, scene.group)).to.deep.equal([])
    return codeOf(answer)
  }
  const facts = (change: (facts: Record<string, Json>) => Json) =>
    join((content) => {
      const said = JSON.parse(Buffer.from(content.facts).toString()) as Record<string, Json>
      return { ...content, facts: factsBytes(change(said)) }
    })
  const turned = (bytes: Uint8Array, at: number): Uint8Array => {
    const copy = bytes.slice()
    copy[at < 0 ? copy.length + at : at]! ^= 1
    return copy
  }

  for (const [wrong, refusal, play] of [
    [
      'whose GroupInfo has another signature',
      'group-info-mismatch: groupInfo',
      join((c) => ({ ...c, state: { ...c.state, groupInfo: turned(c.state.groupInfo, -1) } })),
    ],
    [
      'whose tree is another',
      'group-info-mismatch: treeHash',
      join((c) => ({ ...c, state: { ...c.state, ratchetTree: turned(c.state.ratchetTree, -1) } })),
    ],
    [
      'whose tree is none',
      'malformed: treeEnd',
      join((c) => ({ ...c, state: { ...c.state, ratchetTree: Uint8Array.of(0) } })),
    ],
    ['without the Welcome of whom it added', 'welcome-mismatch: missing', join((c) => ({ ...c, welcome: undefined }))],
    ['that says of nobody that it was added', 'welcome-mismatch: refs', facts((f) => ({ ...f, added: [] }))],
    [
      'that says who was added by another KeyPackage',
      'welcome-mismatch: refs',
      facts((f) => ({ ...f, added: [{ leaf: 1, keyPackageRef: 'AAAA' }] })),
    ],
    [
      'that added a leaf that is not there',
      'welcome-mismatch: leaf',
      facts((f) => ({ ...f, added: [{ leaf: 7, keyPackageRef: 'AAAA' }] })),
    ],
    [
      'that requires the removal of nobody there',
      'group-info-mismatch: required',
      facts((f) => ({ ...f, required: [{ leaves: [9], reason: 'userDeleted' }] })),
    ],
    [
      'with a role that there is not',
      'malformed: a join of another form',
      facts((f) => ({ ...f, roles: [{ role: 'king' }] })),
    ],
    ['without settings', 'malformed: a join of another form', facts(({ settings: _, ...f }) => f)],
    [
      'with a profile that has no version',
      'malformed: a join of another form',
      join((c) => ({ ...c, profile: Uint8Array.of(1) })),
    ],
    [
      'with the version of a profile that is not there',
      'malformed: a join of another form',
      facts((f) => ({ ...f, profile: { version: 3 } })),
    ],
    [
      'with facts that are no JSON',
      'malformed: a join of another form',
      join((c) => ({ ...c, facts: Uint8Array.of(0xff) })),
    ],
  ] as const)
    it(`${wrong} is refused: ${refusal}`, async () => {
      expect(await play()).to.equal(refusal)
    })

  it('of other bytes is refused', async () => {
    const { scene, join } = await withBob()
    const bytes = Uint8Array.of(...join.bytes, 0)
    expect(codeOf(await scene.follow([{ ...join, bytes }]))).to.equal('malformed: a join of another form')
  })

  it('of another group than it is said to be of is refused', async () => {
    const { scene, join } = await withBob()
    const other = await found(scene.hub, scene.alice)
    const { domain } = scene.hub.server
    expect(codeOf(await scene.follower.record().record({ hub: domain, group: other }, [join]))).to.equal(
      'group-info-mismatch: groupId',
    )
  })

  it('of a group that nobody of ours is in is refused, and nothing of it kept', async () => {
    const { scene, join } = await withBob()
    const { hub, group } = scene
    const stranger = await openServer({ domain: parseDomain('c.example')!, ...hub, notify: isAway })
    const answer = await stranger.record().record({ hub: hub.server.domain, group }, [join])
    expect(await stranger.events.last(groupStream(group))).to.equal(undefined)
    expect(codeOf(answer)).to.equal('identity-mismatch: nobody of this server is in the group')
  })

  it('from who is not the hub of the group is refused, and the hub heard all the same', async () => {
    const { scene, join } = await withBob()
    const hub = parseDomain('c.example')!
    const answer = await scene.follower.record().record({ hub, group: scene.group }, [join])
    expect(answer).to.deep.equal({ status: 'refused', next: 0, reason: 'not its hub' })
    expect(await scene.follow([join])).to.deep.equal({ status: 'recorded', next: 1 })
  })
})

describe('a Commit', () => {
  const commit = (change: (item: Item) => Item) => async () => {
    const { scene, item } = await afterJoin((one) => one.add(one.bea))
    expect(item.kind).to.equal('commit')
    const answer = await scene.follow([change(item)])
    expect(await typesIn(scene, scene.group)).to.deep.equal(['GroupFollowed'])
    return codeOf(answer)
  }
  /** Its signature stands before its confirmation and membership tags, each with its length. */
  const signatureAt = -(2 * 33 + 1)

  for (const [wrong, refusal, play] of [
    [
      'with another signature',
      'invalid-commit: message',
      commit((item) =>
        changed(item, commitItem, (c) => {
          const bytes = c.commit.message.slice()
          bytes[bytes.length + signatureAt]! ^= 1
          return { ...c, commit: { ...c.commit, message: bytes } }
        }),
      ),
    ],
    [
      'without the Welcome of whom it adds',
      'welcome-mismatch: missing',
      commit((item) => changed(item, commitItem, (c) => ({ ...c, welcome: undefined }))),
    ],
    [
      'with a GroupInfo that another signed',
      'group-info-mismatch: groupInfo',
      commit((item) =>
        changed(item, commitItem, (c) => {
          const groupInfo = c.groupInfo.slice()
          groupInfo[groupInfo.length - 1]! ^= 1
          return { ...c, groupInfo }
        }),
      ),
    ],
    [
      'of other bytes',
      'malformed: a commit of another form',
      commit((item) => ({ ...item, bytes: item.bytes.subarray(1) })),
    ],
    [
      'that is said to be a proposal',
      'malformed: a proposal of another form',
      commit((item) => ({ ...item, kind: 'proposal' })),
    ],
  ] as const)
    it(`${wrong} is refused: ${refusal}`, async () => {
      expect(await play()).to.equal(refusal)
    })

  it('of an epoch that has ended is refused, under a number of its own', async () => {
    const { scene, item } = await afterJoin((one) => one.add(one.bea))
    expect(await scene.follow([item])).to.deep.equal({ status: 'recorded', next: 2 })
    expect(codeOf(await scene.follow([{ ...item, sequence: 2 }]))).to.equal('wrong-epoch')
  })
})

describe('items', () => {
  it('that were recorded are ignored, those beyond the next are refused with its number', async () => {
    const { scene, item } = await afterJoin(({ hub, group }) => message(hub, group))
    const again = [{ ...item, sequence: 0 }, item]
    expect(await scene.follow(again)).to.deep.equal({ status: 'recorded', next: 2 })
    expect(await scene.follow(again)).to.deep.equal({ status: 'recorded', next: 2 })
    expect(await scene.follow([{ ...item, sequence: 3 }])).to.deep.equal({ status: 'unexpected', next: 2 })
  })

  it('of a group whose hub broke a rule are refused until the operator says so', async () => {
    const { scene, item } = await afterJoin(({ hub, group }) => message(hub, group))
    const broken = await scene.follow([{ ...item, bytes: Uint8Array.of() }])
    expect(broken.status).to.equal('refused')
    expect(await scene.follow([item])).to.deep.equal(broken)
    expect([...scene.follower.record().broken()]).to.have.length(1)
    await scene.reset()
    expect(await scene.follow([item])).to.deep.equal({ status: 'recorded', next: 2 })
  })

  it('of a group whose hub broke a rule are refused by every process, and after a restart, and known to operators', async () => {
    const { scene, item } = await afterJoin(({ hub, group }) => message(hub, group))
    const { follower, hub, group } = scene
    const broken = await scene.follow([{ ...item, bytes: Uint8Array.of() }])
    follower.crash()
    expect(await scene.follow([item])).to.deep.equal(broken)
    await follower.project()
    const troubled = await follower.view().troubled()
    expect(troubled.map(({ peer, broken: count }) => [peer, count])).to.deep.equal([[hub.server.domain, 1]])
    const { state } = await follower.streams().read(peerAggregate, peerStream(hub.server.domain))
    expect(state.broken.map(({ sequence, group: of }) => [sequence, of])).to.deep.equal([[1, group]])
    await scene.reset()
    await follower.project()
    expect(await follower.view().troubled()).to.deep.equal([])
    expect(await scene.follow([item])).to.deep.equal({ status: 'recorded', next: 2 })
  })

  it('of a group that never began are refused until a reset, and nothing is on record of it', async () => {
    const { scene, join } = await withBob()
    const refused = await scene.follow([{ ...join, bytes: Uint8Array.of() }])
    expect(refused.status).to.equal('refused')
    expect(await scene.follow([join])).to.deep.equal(refused)
    const hub = peerStream(scene.hub.server.domain)
    expect(await scene.follower.events.readStream(hub, { from: 0, limit: 9 })).to.deep.equal([])
    await scene.reset()
    expect(await scene.follow([join])).to.deep.equal({ status: 'recorded', next: 1 })
  })

  it('of a group that stood still are asked for from there when an operator has it looked at again', async () => {
    const { scene, item } = await afterJoin(({ hub, group }) => message(hub, group))
    const { follower, hub, group } = scene
    await message(hub, group)
    const [, , last] = await scene.drain()
    await scene.follow([{ ...item, bytes: Uint8Array.of() }])
    const asked: number[] = []
    const backfill = (_group: GroupId, from: number): Promise<readonly Item[] | undefined> => {
      asked.push(from)
      return Promise.resolve([item, last!].filter(({ sequence }) => sequence === from).slice(0, 1))
    }
    const again = { record: follower.record(), backfill, logger: silentLogger }
    await lookAgain(again, hub.server.domain, [{ group, sequence: 1 }])
    expect(asked).to.deep.equal([1])
    await scene.reset()
    await lookAgain(again, hub.server.domain, [{ group, sequence: 1 }])
    expect(asked).to.deep.equal([1, 1, 2, 3])
    expect((await scene.follow([last!])).next).to.equal(3)
  })

  it('other than a join of a group that is not followed are refused', async () => {
    const { scene, item } = await afterJoin(({ hub, group }) => message(hub, group))
    const other = parseGroupId(scene.group.replace(/.{4}$/, 'AAAA'))!
    const { domain } = scene.hub.server
    for (const one of [item, { ...item, kind: 'gap', bytes: encodeBody(gapItem, { count: 1 }) }] as const) {
      const answer = await scene.follower.record().record({ hub: domain, group: other }, [{ ...one, sequence: 0 }])
      expect(codeOf(answer)).to.match(/^no-such-group/)
      await scene.reset()
    }
  })

  it('of a message: for some only it is recorded as that', async () => {
    const { scene, item } = await afterJoin(({ hub, group }) => message(hub, group))
    const forBob = changed(item, messageItem, (content) => ({ ...content, targets: [1] }))
    expect(await scene.follow([forBob])).to.deep.equal({ status: 'recorded', next: 2 })
    const last = await scene.follower.events.last(messagesStream(scene.group))
    expect(last?.data).to.have.deep.property('targets', [1])
  })

  it('of a message: how urgent it is is recorded as at the hub', async () => {
    const { scene, item } = await afterJoin(({ hub, group }) => message(hub, group))
    const last = async () => (await scene.follower.events.last(messagesStream(scene.group)))?.data
    const said = (urgency: 'normal' | 'urgent' | 'silent', sequence: number) => ({
      ...changed(item, messageItem, (content) => ({ ...content, urgency })),
      sequence,
    })
    await scene.follow([said('silent', 1)])
    expect(await last()).to.include({ urgency: 'silent' })
    await scene.follow([said('urgent', 2)])
    expect(await last()).to.include({ urgency: 'urgent' })
    await scene.follow([said('normal', 3)])
    expect(await last()).not.to.have.property('urgency')
  })

  it('of a message with a tag beside it have the name of its fact, by which it is reported', async () => {
    const { scene, item } = await afterJoin(({ hub, group }) => message(hub, group))
    const tagged = changed(item, messageItem, (content) => ({
      ...content,
      message: {
        ...content.message,
        message: encodeMlsMessage({
          wireFormat: 'privateMessage',
          privateMessage: {
            ...{ groupId: groupIdBytes(scene.group), epoch: 1n, contentType: 'application' },
            authenticatedData: authenticatedDataWith(new Uint8Array(32)),
            ...{ encryptedSenderData: new Uint8Array(28), ciphertext: new Uint8Array(60) },
          },
        }),
      },
    }))
    expect(await scene.follow([tagged])).to.deep.equal({ status: 'recorded', next: 2 })
    expect(await scene.follow([{ ...item, sequence: 2 }])).to.deep.equal({ status: 'recorded', next: 3 })
    const stream = messagesStream(scene.group)
    const [first, second] = await scene.follower.events.readStream(stream, { from: 0, limit: 2 })
    expect(first?.data).to.have.property('frank', nameOfFact(item.events[0]))
    expect(second?.data).not.to.have.property('frank')
  })

  it('of a message are refused where it is of another group, of an epoch to come, or none', async () => {
    const { scene, item } = await afterJoin(({ hub, group }) => message(hub, group))
    const content = (groupId: Uint8Array, epoch: bigint): Item =>
      changed(item, messageItem, (said) => ({
        ...said,
        message: {
          ...said.message,
          message: encodeMlsMessage({
            wireFormat: 'privateMessage',
            privateMessage: {
              ...{ groupId, epoch, contentType: 'application', authenticatedData: new Uint8Array() },
              ...{ encryptedSenderData: new Uint8Array(), ciphertext: new Uint8Array() },
            },
          }),
        },
      }))
    const group = groupIdBytes(scene.group)
    for (const [one, refusal] of [
      [
        content(groupIdBytes(parseGroupId(scene.group.replace(/.{4}$/, 'AAAA'))!), 1n),
        'malformed: the message names another group',
      ],
      [content(group, 9n), 'malformed: the message is of an epoch that has not begun'],
      [{ ...item, bytes: item.bytes.subarray(2) }, 'malformed: a message of another form: timestamp'],
    ] as const) {
      expect(codeOf(await scene.follow([one]))).to.equal(refusal)
      await scene.reset()
    }
  })

  it('of messages are kept up to one that breaks a rule, which is told by its number', async () => {
    const { scene, join } = await withBob()
    for (let n = 0; n < 4; n++) await message(scene.hub, scene.group)
    const messages = (await scene.drain()).slice(1)
    const [, , third] = messages
    const broken = messages.map((one) => (one === third ? { ...one, bytes: one.bytes.subarray(2) } : one))
    const answer = await scene.follow([join, ...broken])
    expect([answer.status, answer.next]).to.deep.equal(['refused', 3])
    const stream = messagesStream(scene.group)
    const numbers = async (): Promise<readonly unknown[]> =>
      (await scene.follower.events.readStream(stream)).map(({ meta, revision }) => [revision, meta.hub?.sequence])
    expect(await numbers()).to.deep.equal([
      [0, 1],
      [1, 2],
    ])
    await scene.reset()
    expect(await scene.follow([join, ...messages])).to.deep.equal({ status: 'recorded', next: 5 })
    expect(await numbers()).to.have.length(4)
  })

  it('of a gap: what of it is here already is left out', async () => {
    const { scene, item } = await afterJoin(({ hub, group }) => message(hub, group))
    expect((await scene.follow([item])).next).to.equal(2)
    const gap: Item = { ...item, kind: 'gap', events: [], bytes: encodeBody(gapItem, { count: 4 }) }
    expect(await scene.follow([gap])).to.deep.equal({ status: 'recorded', next: 5 })
    const last = await scene.follower.events.last(groupStream(scene.group))
    expect(last?.data).to.deep.equal({ group: scene.group, fromSequence: 2, toSequence: 4, count: 3 })
  })

  it('of a proposal are refused where its signature is another’s', async () => {
    const { scene, item } = await afterJoin(({ hub, group }) => propose(hub, group))
    const forged = changed(item, proposalItem, (content) => {
      const bytes = content.message.slice()
      bytes[bytes.length - 34]! ^= 1
      return { ...content, message: bytes }
    })
    expect(codeOf(await scene.follow([forged]))).to.equal('invalid-proposal: message')
  })

  it('of a notice are refused where it is of another group, of who is not there, or without its profile', async () => {
    const { scene, item } = await afterJoin(({ hub, group }) => notice(hub, group))
    const { group, alice, bea } = scene
    const other = group.replace(/.{4}$/, 'AAAA')
    const blob = { digest: 'A'.repeat(43), size: 1 }
    const said = (type: string, data: Json, bytes?: Uint8Array): Item => ({
      ...item,
      bytes: encodeBody(noticeItem, { timestamp: 1, fact: factsBytes({ type, data }), bytes }),
    })
    const role = { user: alice.user, role: 'admin', reason: 'requested' }
    const gone = [{ leafIndex: 0, user: bea.user, client: bea.client }]
    for (const [one, refusal] of [
      [said('RoleChanged', { ...role, group: other }), 'malformed: the notice names another group'],
      [said('RoleChanged', { ...role, group, user: bea.user }), 'malformed: the notice names who is not there'],
      [
        said('RemovalRequired', { group, leaves: gone, reason: 'userDeleted' }),
        'malformed: the notice names who is not there',
      ],
      [
        said('ProfileChanged', { group, version: 1, profile: blob, by: alice.user }),
        'malformed: a notice of another form',
      ],
      [said('RoleChanged', { ...role, group }, Uint8Array.of(1)), 'malformed: a notice of another form'],
      [
        said('MessagesMissed', { group, fromSequence: 1, toSequence: 1, count: 1 }),
        'malformed: a notice of another form',
      ],
      [said('CommitAccepted', { group }), 'malformed: a notice of another form'],
    ] as const) {
      expect(codeOf(await scene.follow([one])), Buffer.from(one.bytes).toString()).to.equal(refusal)
      await scene.reset()
    }
  })

  it('after the Commit that removed the last member here are refused, but for the next join', async () => {
    const { scene, join } = await withBob()
    await scene.follow([join])
    const { hub, group, alice, bob } = scene
    expect(await commitOf(hub, group, alice, [{ type: 'remove', removed: 1 }])).to.equal(true)
    await message(hub, group)
    expect(await scene.add(bob)).to.equal(true)
    const [, last, again] = await scene.drain()
    expect([last?.kind, again?.kind]).to.deep.equal(['commit', 'join'])
    expect((await scene.follow([last!])).next).to.equal(2)
    expect(codeOf(await scene.follow([{ ...last!, sequence: 2 }]))).to.match(/^no-such-group/)
    await scene.reset()
    expect((await scene.follow([again!])).next).to.equal(3)
    const { state } = await scene.follower.streams().read(groupAggregate, groupStream(group))
    expect(state.status === 'active' && leafOf(state.mls.tree, 1) !== undefined).to.equal(true)
  })
})
