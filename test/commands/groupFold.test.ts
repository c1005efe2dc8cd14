/** The fold of a group: from its events alone, and from a snapshot, the same. */
import { expect } from 'chai'
import { groupAggregate } from '#src/commands/group/group.js'
import { requireRemoval } from '#src/commands/group/removals.js'
import { deleteGroup } from '#src/commands/group/deletion.js'
import type { Group } from '#src/commands/group/fold/state.js'
import { parseGroupEvent } from '#src/events/group.js'
import type { Json } from '#src/events/form/json.js'
import { encodeTree } from '#src/mls/group/publicGroup.js'
import { addAll, codeOf, commit, post, propose, trio } from './testGroup.js'
import type { TestGroup } from './testGroup.js'
import { add, commitOf, externalCommitOf, keyPackageOf, makeClient, now, remove } from './mlsFixture.js'

const meta = { v: 1, at: now, command: 'c', bodyHash: 'h' }

/** What two folds must agree on. */
const essence = (state: Group) => {
  if (state.status !== 'active') return state
  const { mls, ...rest } = state
  const { treeHash, confirmedTranscriptHash, interimTranscriptHash, epoch, pending } = mls
  return {
    ...rest,
    mls: { treeHash, confirmedTranscriptHash, interimTranscriptHash, epoch, pending: [...pending.keys()] },
    tree: encodeTree(mls),
  }
}

const refolded = (testGroup: TestGroup): Group =>
  testGroup.past().reduce<Group>((state, event, revision) => {
    const stored = JSON.parse(JSON.stringify({ ...event, meta })) as { type: string; data: Json; meta: typeof meta }
    const parsed = parseGroupEvent(stored)
    if (parsed.type === 'Erased') throw new Error('erased')
    return groupAggregate.evolve(state, parsed, { revision, at: now })
  }, groupAggregate.initial)

const restored = (state: Group): Group => {
  const { snapshot } = groupAggregate
  if (snapshot === undefined) throw new Error('no snapshots')
  return snapshot.read(snapshot.write(state))
}

describe('the fold of a group', () => {
  it('follows from its events alone, and from a snapshot, the same', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const [dave, tablet] = [await makeClient(testGroup.world), await makeClient(testGroup.world, bob.user)]
    await addAll(testGroup, alice, [dave], [bob, carol])
    await commit(testGroup, alice, [remove(testGroup.leafOf(carol))], [bob, dave])
    post(testGroup, tablet, await externalCommitOf(testGroup.world, tablet, testGroup.of(bob), { resync: false }))
    testGroup.when(requireRemoval({ reason: 'clientRemoved', gone: [dave.client] }))
    expect(essence(refolded(testGroup))).to.deep.equal(essence(testGroup.state()))
    expect(essence(restored(testGroup.state()))).to.deep.equal(essence(testGroup.state()))
    testGroup.when(deleteGroup(alice))
    expect(refolded(testGroup)).to.deep.equal(testGroup.state())
    expect(restored(testGroup.state())).to.deep.equal(testGroup.state())
  })

  it('weighs what its pending proposals hold in memory', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const before = groupAggregate.weigh(testGroup.state())
    await propose(testGroup, alice, add(await keyPackageOf(testGroup.world, await makeClient(testGroup.world))), [
      bob,
      carol,
    ])
    const state = testGroup.state()
    const [pending] = state.status === 'active' ? [...state.mls.pending.values()] : []
    expect(groupAggregate.weigh(state) - before).to.be.at.least(pending?.message.bytes.length ?? Infinity)
  })

  it('keeps pending proposals across a snapshot: a Commit by reference still goes in', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    await propose(testGroup, alice, add(await keyPackageOf(testGroup.world, await makeClient(testGroup.world))), [
      bob,
      carol,
    ])
    const state = restored(testGroup.state())
    expect(essence(state)).to.deep.equal(essence(testGroup.state()))
    const made = await commitOf(testGroup.of(bob))
    expect(
      codeOf(
        post(
          {
            ...testGroup,
            when: (decide) => {
              const decision = decide(state)
              return 'rejected' in decision ? decision.rejected : decision.accepted
            },
          },
          bob,
          made,
        ),
      ),
    ).to.equal('accepted')
  })

  it('keeps the newest sixteen Commits for losers', async () => {
    const { testGroup, alice } = await trio()
    for (let n = 0; n < 18; n++) await commit(testGroup, alice, [])
    expect(testGroup.active().recent).to.have.length(16)
    expect(testGroup.active().recent.at(-1)?.epoch).to.equal(19n)
    expect(testGroup.active().recent[0]?.epoch).to.equal(4n)
  })
})
