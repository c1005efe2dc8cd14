/** Commits what waits for a Commit: proposals that were accepted, and removals that the server requires. */
import type { GroupId } from '../../mls/wire/ids.js'
import type { Engine } from '../engine/engine.js'
import { type GroupState, membersOf, ownLeafOf } from '../member/groupState.js'
import { type PendingProposal, pendingIn } from '../member/pendingProposals.js'
import { stageCommit } from '../member/stageOwnCommit.js'
import { commit } from './commit.js'
import type { GroupRecord } from './groupRecord.js'

/** Any member may do it, an admin or not: authority was judged when a proposal was accepted (docs/rules.md, Roles). */
export const commitPending = (engine: Engine, group: GroupId): Promise<boolean> =>
  commit(engine, group, async (state, record) => {
    const due = dueIn(state, record)
    return due.covers.length === 0 && due.remove.length === 0 ? undefined : stageDue(state, due)
  })

export type Due = { readonly covers: readonly PendingProposal[]; readonly remove: readonly number[] }

/** What a Commit by us can and should carry: one Remove per leaf, none of our own, none of a leaf that is gone. */
export const dueIn = (state: GroupState, { required }: GroupRecord): Due => {
  const own = ownLeafOf(state)
  const leaves = new Set(membersOf(state).map(({ leafIndex }) => leafIndex))
  const taken = new Set<number>()
  const covers = pendingIn(state).filter(({ removes, sender, kind }) => {
    if (sender === own && kind === 'update') return false
    if (removes === undefined) return true
    if (removes === own || !leaves.has(removes) || taken.has(removes)) return false
    taken.add(removes)
    return true
  })
  return { covers, remove: required.filter((leaf) => leaf !== own && leaves.has(leaf) && !taken.has(leaf)) }
}

/** Proposals that cannot be committed together lapse, but for the self-removals, which must be covered. */
const stageDue = async (state: GroupState, { covers, remove }: Due) => {
  const among = (proposals: readonly PendingProposal[]) => (proposal: PendingProposal) =>
    proposals.some(({ key }) => key === proposal.key)
  try {
    return await stageCommit({ state, remove, covers: among(covers) })
  } catch {
    const leaving = covers.filter(({ removes, sender }) => removes !== undefined && removes === sender)
    return stageCommit({ state, remove, covers: among(leaving) })
  }
}

/** The leaves and proposals to carry along in a Commit made for another reason. */
export const withDue = async (
  state: GroupState,
  record: GroupRecord,
  own: { readonly add?: readonly Uint8Array[]; readonly remove?: readonly number[] },
) => {
  const due = dueIn(state, record)
  const keys = new Set(due.covers.map(({ key }) => key))
  const remove = [...new Set([...due.remove, ...(own.remove ?? [])])]
  return stageCommit({
    state,
    remove,
    ...(own.add === undefined ? {} : { add: own.add }),
    covers: ({ key }) => keys.has(key),
  })
}
