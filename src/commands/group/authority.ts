/**
 * Who may propose what (docs/rules.md, Roles): the authority is the proposer's, at the epoch it proposes in. A proposal by
 * value counts as the committer's; one by reference was judged when it was accepted.
 */
import { identityOf } from '../../mls/group/identity.js'
import type { ClientId } from '../../mls/wire/ids.js'
import type { Proposal } from '../../mls/wire/proposal.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Seat } from './access.js'
import type { ActiveGroup } from './fold/state.js'

/** Undefined when the member at this seat may ask for it. */
export const refuseProposal = (seat: Seat, proposal: Proposal): Rejected | undefined => {
  switch (proposal.type) {
    case 'add':
      return seat.member.role === 'admin' ? undefined : notAllowed('add')
    case 'remove':
      return mayRemove(seat, proposal.removed) ? undefined : notAllowed('remove')
    case 'update':
      return undefined
    // No feature uses one, and members that lack the key could not follow the Commit.
    case 'preSharedKey':
      return notAllowed('preSharedKey')
    // What a newcomer brings (RFC 9420 §12.4.3.2); the MLS module refuses it of members.
    case 'externalInit':
      return undefined
    // The required capabilities are the server's condition, and roles live with the server, not in the context.
    case 'groupContextExtensions':
      return notAllowed('groupContextExtensions')
    // A group that cannot go on is reset to a fresh id, on record.
    case 'reInit':
      return notAllowed('reInit')
  }
}

const mayRemove = ({ group, member, leafIndex }: Seat, removed: number): boolean => {
  const target = group.leaves.get(removed)
  // A leaf that is not there is the MLS module's to refuse.
  if (target === undefined || member.role === 'admin') return true
  const own = target.user === group.leaves.get(leafIndex)?.user
  return own || group.required.has(removed) || pendingRemovals(group).has(removed)
}

/** The leaves that pending proposals remove, with the references of those proposals. */
export const pendingRemovals = ({ mls }: ActiveGroup): ReadonlyMap<number, string> =>
  new Map(
    [...mls.pending.values()].flatMap(({ proposal, ref }) =>
      proposal.type === 'remove' ? [[proposal.removed, ref] as const] : [],
    ),
  )

/** Clients that are in as many groups as they may be. */
export type Full = {
  readonly fullClients: ReadonlySet<ClientId>
  readonly limits: { readonly groupsPerClientMax: number }
}

/** Nobody is put into more groups than a client may be in. */
export const refuseFull = (proposal: Proposal, { fullClients, limits }: Full): Rejected | undefined => {
  if (proposal.type !== 'add') return undefined
  const client = identityOf(proposal.keyPackage.leafNode.credential)?.client
  return client !== undefined && fullClients.has(client)
    ? reject({ code: 'limit-reached', limit: 'groupsPerClientMax', max: limits.groupsPerClientMax })
    : undefined
}

export const notAllowed = (capability: string): Rejected => reject({ code: 'not-allowed', capability })
