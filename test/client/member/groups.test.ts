/** The MLS wrapper in groups of its own, without a server: what ts-mls gets wrong, and what the server would check. */
import { expect } from 'chai'
import { createGroup } from '#src/client/member/createOwnGroup.js'
import { decrypt } from '#src/client/member/decrypt.js'
import { encrypt } from '#src/client/member/encrypt.js'
import { groupInfoOf } from '#src/client/member/ownGroupInfo.js'
import {
  decodeState,
  encodeState,
  epochOf,
  exportFrom,
  forget,
  type GroupState,
  isMember,
  membersOf,
  ownLeafOf,
  unwrap,
  wrap,
} from '#src/client/member/groupState.js'
import { joinByWelcome } from '#src/client/member/joinByWelcome.js'
import { joinExternally } from '#src/client/member/joinExternally.js'
import { pendingIn } from '#src/client/member/pendingProposals.js'
import { proposeRemoval } from '#src/client/member/proposeRemoval.js'
import { receiveHandshake } from '#src/client/member/receiveHandshake.js'
import { adopt, stageCommit } from '#src/client/member/stageOwnCommit.js'
import { encodeRatchetTree, leafToNodeIndex, toLeafIndex } from '#src/client/member/tsMls.js'
import { consumeRatchet } from 'ts-mls/secretTree.js'
import { createPublicGroup } from '#src/mls/group/createPublicGroup.js'
import { decodeCommitBundleParts } from '#src/mls/wire/mlsMessage.js'
import { checkBundle } from '#src/mls/group/checkBundle.js'
import { stageCommit as stagePublicly } from '#src/mls/group/stageCommit.js'
import { groupIdBytes, makeId } from '#src/mls/wire/ids.js'
import type { GroupPolicy } from '#src/mls/group/policy.js'
import { randomBytes } from '#src/client/crypto/random.js'
import { makePeople, type People, type Person } from '../support/people.js'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const bytes = (message: string): Uint8Array => new TextEncoder().encode(message)
const none = new Uint8Array()

const treeOf = (state: GroupState): Uint8Array => encodeRatchetTree(unwrap(state).client.ratchetTree)

const begin = async (people: People, creator: Person): Promise<GroupState> =>
  createGroup({
    groupId: groupIdBytes(makeId('group', people.domain, randomBytes(16))),
    identity: creator.identity,
    keyPackage: await creator.keyPackage(),
    check: people.check,
  })

/** Adds one person; answers the adder's state and the newcomer's. */
const add = async (people: People, state: GroupState, person: Person) => {
  const keyPackage = await person.keyPackage()
  const staged = await stageCommit({ state, add: [keyPackage.message] })
  const joined = await joinByWelcome({
    welcome: staged.welcome!,
    keyPackage,
    identity: person.identity,
    fetchTree: () => Promise.resolve(treeOf(staged.next)),
    check: people.check,
  })
  if (joined.type === 'refused') throw new Error(joined.detail)
  return { staged, adder: adopt(state, staged.next), newcomer: joined.state }
}

const follow = async (state: GroupState, commit: Uint8Array): Promise<GroupState> => {
  const received = await receiveHandshake(state, commit)
  if (received.type !== 'commit') throw new Error(JSON.stringify(received))
  return received.next
}

const secretOf = async (state: GroupState): Promise<string> => text(await exportFrom(state, 'test', none, 32))

/** As if so many messages had been sent that nobody received. */
const skipGenerations = async (state: GroupState, count: number): Promise<GroupState> => {
  const { client, suite } = unwrap(state)
  const node = leafToNodeIndex(toLeafIndex(ownLeafOf(state)))
  let secretTree = client.secretTree
  for (let n = 0; n < count; n++) secretTree = (await consumeRatchet(secretTree, node, 'application', suite)).newTree
  return wrap({ suite, client: { ...client, secretTree } })
}

describe('MLS wrapper', () => {
  let people: People
  let alice: Person
  let bob: Person
  let carol: Person
  before(async () => {
    people = await makePeople()
    ;[alice, bob, carol] = await Promise.all([people.person(), people.person(), people.person()])
  })

  it('joins by a Welcome without a tree and talks both ways, with sender and authenticated data', async () => {
    const { adder, newcomer } = await add(people, await begin(people, alice), bob)
    const sent = await encrypt(adder, bytes('hello bob'), bytes('about'))
    const got = await decrypt(newcomer, sent.message)
    if (got.type !== 'message') throw new Error(JSON.stringify(got))
    expect(text(got.plaintext)).to.equal('hello bob')
    expect(text(got.authenticatedData)).to.equal('about')
    expect(got.sender.signatureKey).to.deep.equal(alice.identity.signatureKey)
    const answer = await encrypt(got.next, bytes('hello alice'), none)
    expect(await decrypt(sent.next, answer.message)).to.have.property('type', 'message')
  })

  it('knows its own messages without reading them, and reads no message twice', async () => {
    const { adder, newcomer } = await add(people, await begin(people, alice), bob)
    const sent = await encrypt(adder, bytes('once'), none)
    expect((await decrypt(sent.next, sent.message)).type).to.equal('own')
    const got = await decrypt(newcomer, sent.message)
    if (got.type !== 'message') throw new Error('unreadable')
    expect((await decrypt(got.next, sent.message)).type).to.equal('unreadable')
  })

  it('reads messages five epochs back, and not six', async () => {
    const { adder, newcomer } = await add(people, await begin(people, alice), bob)
    let [ahead, behind] = [adder, newcomer]
    const old = await encrypt(ahead, bytes('late'), none)
    ahead = old.next
    for (let n = 0; n < 6; n++) {
      const staged = await stageCommit({ state: ahead })
      ahead = adopt(ahead, staged.next)
      behind = await follow(behind, staged.commit)
      const late = await decrypt(behind, old.message)
      expect(late.type, `${n + 1} epochs later`).to.equal(n < 5 ? 'message' : 'unreadable')
    }
  })

  it('reads a message 10,000 generations ahead, and none 10,001 ahead', async () => {
    const { adder, newcomer } = await add(people, await begin(people, alice), bob)
    const reachable = await encrypt(await skipGenerations(adder, 10_000), bytes('far'), none)
    const tooFar = await encrypt(reachable.next, bytes('too far'), none)
    expect((await decrypt(newcomer, reachable.message)).type).to.equal('message')
    expect((await decrypt(newcomer, tooFar.message)).type).to.equal('unreadable')
  })

  it('keeps the keys of 256 skipped messages', async () => {
    const { adder, newcomer } = await add(people, await begin(people, alice), bob)
    const sent: Uint8Array[] = []
    let state = adder
    for (let n = 0; n < 258; n++) {
      const one = await encrypt(state, bytes(String(n)), none)
      sent.push(one.message)
      state = one.next
    }
    const last = await decrypt(newcomer, sent[257]!)
    if (last.type !== 'message') throw new Error('unreadable')
    expect((await decrypt(last.next, sent[1]!)).type).to.equal('message')
    expect((await decrypt(last.next, sent[0]!)).type).to.equal('unreadable')
  })

  it('lets the loser of a race process the winner, and commit again', async () => {
    const { adder, newcomer } = await add(people, await begin(people, alice), bob)
    const won = await stageCommit({ state: adder })
    await stageCommit({ state: newcomer })
    const caughtUp = await follow(newcomer, won.commit)
    expect(await secretOf(caughtUp)).to.equal(await secretOf(won.next))
    const again = await stageCommit({ state: caughtUp })
    expect(await secretOf(await follow(won.next, again.commit))).to.equal(await secretOf(again.next))
  })

  it('still follows after its used secrets were zeroed', async () => {
    const { adder, newcomer } = await add(people, await begin(people, alice), bob)
    const staged = await stageCommit({ state: adder })
    const adopted = adopt(adder, staged.next)
    forget(staged.consumed)
    const followed = await follow(newcomer, staged.commit)
    const back = await encrypt(followed, bytes('still here'), none)
    expect((await decrypt(adopted, back.message)).type).to.equal('message')
  })

  it('commits another member’s wish to leave, and takes out whoever must go', async () => {
    const first = await add(people, await begin(people, alice), bob)
    const second = await add(people, first.adder, carol)
    const bobState = await follow(first.newcomer, second.staged.commit)
    const wish = await proposeRemoval(bobState, ownLeafOf(bobState))
    const seen = await receiveHandshake(second.newcomer, wish.message)
    if (seen.type !== 'proposal') throw new Error('not a proposal')
    expect(pendingIn(seen.next)).to.have.length(1)
    const staged = await stageCommit({ state: seen.next, remove: [ownLeafOf(bobState)] })
    expect(membersOf(staged.next)).to.have.length(2)
    const out = await receiveHandshake(wish.next, staged.commit)
    if (out.type !== 'commit') throw new Error(JSON.stringify(out))
    expect(out.removesUs).to.equal(true)
    expect(isMember(out.next)).to.equal(false)
  })

  it('resyncs by an external Commit in its own place, with an external_pub that the RFC knows', async () => {
    const { adder, newcomer } = await add(people, await begin(people, alice), bob)
    const external = await joinExternally({
      groupInfo: await groupInfoOf(adder, { ratchetTree: false }),
      ratchetTree: treeOf(adder),
      keyPackage: await bob.keyPackage(),
      identity: bob.identity,
      check: people.check,
    })
    if (external.type === 'refused') throw new Error(external.detail)
    expect(external.resync).to.equal(true)
    expect(ownLeafOf(external.next)).to.equal(ownLeafOf(newcomer))
    const followed = await follow(adder, external.commit)
    expect(await secretOf(followed)).to.equal(await secretOf(external.next))
    const sent = await encrypt(external.next, bytes('back'), none)
    expect((await decrypt(followed, sent.message)).type).to.equal('message')
  })

  it('resyncs alone in a group of one', async () => {
    const state = await begin(people, alice)
    const external = await joinExternally({
      groupInfo: await groupInfoOf(state, { ratchetTree: true }),
      ratchetTree: undefined,
      keyPackage: await alice.keyPackage(),
      identity: alice.identity,
      check: people.check,
    })
    if (external.type === 'refused') throw new Error(external.detail)
    const { newcomer, adder } = await add(people, external.next, bob)
    expect(await secretOf(newcomer)).to.equal(await secretOf(adder))
  })

  it('saves a state and goes on from it', async () => {
    const { adder, newcomer } = await add(people, await begin(people, alice), bob)
    const restored = await decodeState(encodeState(newcomer), people.check)
    const sent = await encrypt(adder, bytes('after the restart'), none)
    expect((await decrypt(restored, sent.message)).type).to.equal('message')
    const staged = await stageCommit({ state: restored })
    expect(await secretOf(await follow(sent.next, staged.commit))).to.equal(await secretOf(staged.next))
    expect(epochOf(staged.next)).to.equal(2n)
  })

  it('joins groups full of blanks and unmerged leaves, which ts-mls alone refuses at times', async () => {
    const seeds = [1, 2]
    for (const seed of seeds) {
      let random = seed
      const pick = (below: number): number => {
        random = (random * 48_271) % 2_147_483_647
        return random % below
      }
      const everyone = await Promise.all(Array.from({ length: 9 }, () => people.person()))
      const states = new Map<Person, GroupState>([[everyone[0]!, await begin(people, everyone[0]!)]])
      for (let step = 0; step < 18; step++) {
        const inside = [...states.keys()]
        const outside = everyone.filter((person) => !states.has(person))
        const committer = inside[pick(inside.length)]!
        const state = states.get(committer)!
        const others = inside.filter((person) => person !== committer)
        const adds = outside.length > 0 && (others.length === 0 || pick(3) > 0)
        const guest = outside[pick(Math.max(outside.length, 1))]!
        const gone = others[pick(Math.max(others.length, 1))]!
        const keyPackage = adds ? await guest.keyPackage() : undefined
        const staged = await stageCommit(
          keyPackage === undefined
            ? { state, remove: [ownLeafOf(states.get(gone)!)] }
            : { state, add: [keyPackage.message] },
        )
        for (const other of others)
          if (adds || other !== gone) states.set(other, await follow(states.get(other)!, staged.commit))
        states.set(committer, adopt(state, staged.next))
        if (!adds) states.delete(gone)
        if (keyPackage !== undefined) {
          const joined = await joinByWelcome({
            welcome: staged.welcome!,
            keyPackage,
            identity: guest.identity,
            fetchTree: () => Promise.resolve(treeOf(staged.next)),
            check: people.check,
          })
          if (joined.type === 'refused') throw new Error(`seed ${seed}, step ${step}: ${joined.detail}`)
          states.set(guest, joined.state)
        }
        const secrets = new Set(await Promise.all([...states.values()].map(secretOf)))
        expect(secrets.size, `seed ${seed}, step ${step}`).to.equal(1)
      }
    }
  })

  it('makes groups and Commits that the server’s public group takes', async () => {
    const state = await begin(people, alice)
    const policy: GroupPolicy = {
      now: Date.now(),
      maxLifetimeS: 90 * 24 * 3600,
      credential: () => ({ ok: true, value: undefined }),
      queueReference: () => ({ ok: true, value: undefined }),
      requiredExtensions: [0xf0c1],
    }
    const created = createPublicGroup(await groupInfoOf(state, { ratchetTree: true }), undefined, policy)
    if (!created.ok) throw new Error(JSON.stringify(created.refusal))
    const first = await add(people, state, bob)
    const second = await stageCommit({ state: first.adder, remove: [ownLeafOf(first.newcomer)] })
    let group = created.value
    for (const { commit, welcome, groupInfo } of [first.staged, second]) {
      const bundle = decodeCommitBundleParts({ commit, welcome, groupInfo })
      if (!bundle.ok) throw new Error(JSON.stringify(bundle.refusal))
      const staged = stagePublicly(group, bundle.value.commit, policy)
      if (!staged.ok) throw new Error(JSON.stringify(staged.refusal))
      const checked = checkBundle(staged.value, bundle.value.groupInfo, bundle.value.welcome)
      expect(checked.ok ? 'ok' : checked.refusal).to.equal('ok')
      group = staged.value.next
    }
    expect(group.epoch).to.equal(2n)
  })

  it('takes no Welcome into a group with a stranger’s certificate', async () => {
    const stranger = await (await makePeople('people.test')).person()
    const believing: People = { ...people, check: () => Promise.resolve(true) }
    const state = await begin(believing, stranger)
    const keyPackage = await bob.keyPackage()
    const staged = await stageCommit({ state, add: [keyPackage.message] })
    const joined = await joinByWelcome({
      welcome: staged.welcome!,
      keyPackage,
      identity: bob.identity,
      fetchTree: () => Promise.resolve(treeOf(staged.next)),
      check: people.check,
    })
    expect(joined).to.deep.equal({ type: 'refused', detail: 'the ratchet tree has a fault: credential of leaf 0' })
  })

  it('refuses trailing bytes, which ts-mls would take', async () => {
    const { adder, newcomer } = await add(people, await begin(people, alice), bob)
    const sent = await encrypt(adder, bytes('exact'), none)
    expect((await decrypt(newcomer, Uint8Array.of(...sent.message, 0))).type).to.equal('unreadable')
  })

  it('refuses a Remove outside the tree instead of walking it for ever', async () => {
    const { adder, newcomer } = await add(people, await begin(people, alice), bob)
    const wild = await proposeRemoval(adder, 1_000_000)
    expect((await receiveHandshake(newcomer, wild.message)).type).to.equal('unreadable')
  })
})
