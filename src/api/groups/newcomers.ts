/** Whom a Commit or a proposal adds, and by whose word. */
import type { ActiveGroup } from '../../commands/group/fold/state.js'
import type { Added } from '../../commands/chains/refuseAdded.js'
import type { UserId } from '../../mls/wire/ids.js'
import { identityOf } from '../../mls/group/identity.js'
import type { StagedProposal } from '../../mls/group/stagedCommit.js'

/** Those that the proposals add: the authority of an Add is its proposer's. */
export const newcomersIn = (group: ActiveGroup, proposals: readonly StagedProposal[]): readonly Added[] =>
  proposals.flatMap(({ proposal, ref, sender }) => {
    if (proposal.type !== 'add') return []
    const identity = identityOf(proposal.keyPackage.leafNode.credential)
    if (identity === undefined) return []
    const by: UserId | undefined = sender.type === 'member' ? group.leaves.get(sender.leafIndex)?.user : undefined
    return [{ user: identity.user, client: identity.client, by, ref }]
  })
