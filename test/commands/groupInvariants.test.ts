/** Whatever anybody asks of a group, in any order: what must hold, holds, and authority is what rules.md says. */
import { expect } from 'chai'
import { acceptGroupCommit } from '#src/commands/group/commits.js'
import { acceptGroupProposal } from '#src/commands/group/proposals.js'
import { requireRemoval } from '#src/commands/group/removals.js'
import { changeRole } from '#src/commands/group/roles.js'
import type { ActiveGroup } from '#src/commands/group/fold/state.js'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import { groupIdBytes } from '#src/mls/wire/ids.js'
import { decodeCommitBundleParts, encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import { members } from '#src/mls/group/publicGroup.js'
import { identityOf } from '#src/mls/group/identity.js'
import { limitDefaults } from '#src/limits/limits.js'
import { forgedNow, forgeGroup, forgeGroupInfo, forgeProposal } from '../mls/forge.js'
import { seeded } from '../ports/seeded.js'
import type { Seeded } from '../ports/seeded.js'
import { addOf, bundleOf, person, required } from './forgedPeople.js'
import type { Bundle, Person } from './forgedPeople.js'
import { createWith, emptyTestGroup, reserve } from './testGroup.js'
import type { Outcome, TestGroup } from './testGroup.js'
import { blobOf, makeWorld } from './mlsFixture.js'

const steps = 600
/** Why what authority allows is refused all the same. */
const besides = ['no-such-user', 'demoteLastAdmin', 'leaveAsLastAdmin', 'invalid-proposal', 'limit-reached']

describe('a group under anybody’s orders', () => {
  for (const seed of [1, 2, 3]) {
    it(`keeps its rules (seed ${seed})`, async () => {
      const random = seeded(seed)
      let { testGroup, people } = await cast()
      const counts = new Map<string, number>()
      for (let step = 0; step < steps; step++) {
        if (testGroup.state().status !== 'active') ({ testGroup, people } = await cast())
        const act = random.pick(acts)
        const before = testGroup.active()
        const asked = act(testGroup, random.pick(people), people, random)
        if (asked === undefined) continue
        const { outcome, may } = asked
        const accepted = !('code' in outcome)
        const name = `${act.name} ${accepted ? 'accepted' : 'refused'}`
        counts.set(name, (counts.get(name) ?? 0) + 1)
        const told = JSON.stringify(outcome)
        if (accepted !== may && (accepted || !besides.some((word) => told.includes(word)))) {
          throw new Error(`step ${step}: ${name} ${told}`)
        }
        if (testGroup.state().status === 'active') holds(testGroup.active(), before)
      }
      for (const act of acts) expect([...counts.keys()]).to.include(`${act.name} accepted`)
    })
  }
})

/** `may`: whether rules.md gives the authority for it. */
type Asked = { readonly outcome: Outcome; readonly may: boolean }
type Act = (testGroup: TestGroup, by: Person, people: readonly Person[], random: Seeded) => Asked | undefined

const cast = async (): Promise<{ readonly testGroup: TestGroup; readonly people: readonly Person[] }> => {
  const world = await makeWorld()
  const people: Person[] = []
  for (let n = 0; n < 6; n++) {
    const one = await person(world)
    people.push(one, ...(n % 2 === 0 ? [await person(world, one.user)] : []))
  }
  const testGroup = emptyTestGroup({ ...world, policy: { ...world.policy, now: forgedNow } })
  const [creator] = people
  if (creator === undefined) throw new Error('nobody')
  reserve(testGroup, creator)
  const mls = forgeGroup(creator.forger, [required], groupIdBytes(testGroup.group))
  const created = createWith(testGroup, creator, forgeGroupInfo(mls, creator.forger, 0))
  if ('code' in created) throw new Error(JSON.stringify(created))
  return { testGroup, people }
}

/** What is true of every active group, however it came about. */
const holds = (group: ActiveGroup, before: ActiveGroup): void => {
  const seated = members(group.mls).map(({ leafIndex, leaf }) => {
    const identity = identityOf(leaf.credential)
    return [leafIndex, identity?.user, identity?.client]
  })
  const known = [...group.leaves.values()].sort((a, b) => a.leafIndex - b.leafIndex)
  expect(known.map(({ leafIndex, user, client }) => [leafIndex, user, client])).to.deep.equal(seated)
  expect([...group.clients].every(([client, leafIndex]) => group.leaves.get(leafIndex)?.client === client)).to.equal(
    true,
  )
  expect(new Set(known.map(({ user }) => user))).to.deep.equal(new Set(group.users.keys()))
  expect([...group.required.keys()].every((leafIndex) => group.leaves.has(leafIndex))).to.equal(true)
  const staying = known.filter(({ leafIndex }) => !group.required.has(leafIndex)).map(({ user }) => user)
  if (staying.length > 0) {
    expect(
      staying.some((user) => group.users.get(user)?.role === 'admin'),
      'an admin stays',
    ).to.equal(true)
  }
  expect(group.mls.epoch - before.mls.epoch).to.be.oneOf([0n, 1n])
}

const isAdmin = ({ users }: ActiveGroup, { user }: Person): boolean => users.get(user)?.role === 'admin'
const isFree = ({ clients, required: gone }: ActiveGroup, { client }: Person): boolean => {
  const leafIndex = clients.get(client)
  return leafIndex !== undefined && !gone.has(leafIndex)
}

/** A few proposals that make sense in the tree as it is, whoever may make them. */
const proposalsFor = (group: ActiveGroup, people: readonly Person[], random: Seeded): readonly Proposal[] => {
  const outside = people.filter(({ client }) => !group.clients.has(client))
  const leaves = [...group.leaves.keys()]
  return Array.from({ length: random.integer(3) }, () =>
    random.integer(2) === 0 && outside.length > 0
      ? addOf(random.pick(outside))
      : { type: 'remove' as const, removed: random.pick(leaves) },
  )
}

const mayPropose = (group: ActiveGroup, by: Person, proposal: Proposal): boolean => {
  if (isAdmin(group, by)) return true
  if (proposal.type !== 'remove') return false
  const own = group.leaves.get(proposal.removed)?.user === by.user
  const pending = [...group.mls.pending.values()].some(
    (one) => one.proposal.type === 'remove' && one.proposal.removed === proposal.removed,
  )
  return own || pending || group.required.has(proposal.removed)
}

const commit: Act = (testGroup, by, people, random) => {
  const group = testGroup.active()
  const leafIndex = group.clients.get(by.client)
  if (leafIndex === undefined) return undefined
  const required = [...group.required.keys()]
  const pending = [...group.mls.pending.values()]
  const covers = random.integer(4) > 0
  const refs = covers ? pending.map(({ ref }) => fromBase64url(ref) ?? new Uint8Array()) : []
  const byRef = new Set(
    covers ? pending.flatMap(({ proposal }) => (proposal.type === 'remove' ? [proposal.removed] : [])) : [],
  )
  const owed = covers
    ? required.filter((leaf) => !byRef.has(leaf)).map((removed) => ({ type: 'remove' as const, removed }))
    : []
  const own = proposalsFor(group, people, random)
  const gone = new Set([...byRef, ...[...owed, ...own].flatMap((one) => (one.type === 'remove' ? [one.removed] : []))])
  // The forger would walk off the tree; that nobody can remove itself is tested where MLS is.
  if (gone.has(leafIndex)) return undefined
  const made = bundleOf(group.mls, by, leafIndex, [...refs, ...owed, ...own])
  if (made === undefined) return undefined
  const may =
    isFree(group, by) && own.every((one) => mayPropose(group, by, one)) && required.every((leaf) => gone.has(leaf))
  return { outcome: posted(testGroup, made), may }
}

const joinExternally: Act = (testGroup, by) => {
  const group = testGroup.active()
  const leafIndex = group.clients.get(by.client)
  const init: Proposal = { type: 'externalInit', kemOutput: new Uint8Array(32).fill(1) }
  const resync: Proposal[] = leafIndex === undefined ? [] : [{ type: 'remove', removed: leafIndex }]
  const made = bundleOf(group.mls, by, undefined, [init, ...resync])
  if (made === undefined) return undefined
  const userStays = [...group.leaves.values()].some(
    ({ user, leafIndex: leaf }) => user === by.user && !group.required.has(leaf),
  )
  return { outcome: posted(testGroup, made), may: leafIndex === undefined ? userStays : isFree(group, by) }
}

const propose: Act = (testGroup, by, people, random) => {
  const group = testGroup.active()
  const leafIndex = group.clients.get(by.client)
  const [proposal] = proposalsFor(group, people, random)
  if (leafIndex === undefined || proposal === undefined) return undefined
  return proposed(testGroup, by, leafIndex, proposal)
}

const leave: Act = (testGroup, by, _people, random) => {
  const leafIndex = testGroup.active().clients.get(by.client)
  if (leafIndex === undefined || random.integer(8) > 0) return undefined
  return proposed(testGroup, by, leafIndex, { type: 'remove', removed: leafIndex })
}

const beRemoved: Act = (testGroup, by, _people, random) => {
  if (random.integer(12) > 0) return undefined
  return { outcome: testGroup.when(requireRemoval({ reason: 'clientRemoved', gone: [by.client] })), may: true }
}

const giveRole: Act = (testGroup, by, people, random) => {
  const role = random.pick(['admin', 'member'] as const)
  const may = isFree(testGroup.active(), by) && isAdmin(testGroup.active(), by)
  return { outcome: testGroup.when(changeRole({ by, user: random.pick(people).user, role })), may }
}

const acts: readonly Act[] = [commit, commit, commit, joinExternally, propose, leave, beRemoved, giveRole]

const posted = (testGroup: TestGroup, made: Bundle): Outcome => {
  const bundle = decodeCommitBundleParts(made)
  if (!bundle.ok) throw new Error(bundle.refusal.reason)
  return testGroup.when(
    acceptGroupCommit({
      by: made.by,
      bundle: bundle.value,
      groupInfo: blobOf(made.groupInfo),
      welcome: made.welcome === undefined ? undefined : blobOf(made.welcome),
      policy: testGroup.world.policy,
      fullClients: new Set(),
      limits: limitDefaults,
    }),
  )
}

const proposed = (testGroup: TestGroup, by: Person, leafIndex: number, proposal: Proposal): Asked => {
  const group = testGroup.active()
  const message = forgeProposal(group.mls, by.forger, leafIndex, proposal)
  const bytes = encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: message })
  const may = isFree(group, by) && mayPropose(group, by, proposal)
  const { policy } = testGroup.world
  const command = { by, message, bytes, policy, fullClients: new Set<never>(), limits: limitDefaults }
  return { outcome: testGroup.when(acceptGroupProposal(command)), may }
}
