/** A Commit of one's own (RFC 9420 §12.4), staged: the old state stays good until the server has accepted it. */
import { groupInfoOf } from './ownGroupInfo.js'
import { type GroupState, unwrap, wrap } from './groupState.js'
import { keyPackageIn } from './ownKeyPackage.js'
import { encodeMessage } from './messageCodec.js'
import { pendingIn, type PendingProposal } from './pendingProposals.js'
import { createCommit, type Proposal } from './tsMls.js'

export type StagedCommit = {
  readonly next: GroupState
  /** MLSMessages. */
  readonly commit: Uint8Array
  readonly welcome: Uint8Array | undefined
  readonly groupInfo: Uint8Array
  /** To be forgotten once the server has accepted; earlier, the loser of a race could not process the winner. */
  readonly consumed: readonly Uint8Array[]
}

/**
 * Commits pending proposals that `covers` takes, KeyPackages to add (MLSMessages), and leaves to remove. As PublicMessage, for
 * the server reads it. The Welcome carries no tree (the joiner asks the server), nor does the GroupInfo: the server has it.
 */
export const stageCommit = async (input: {
  readonly state: GroupState
  readonly add?: readonly Uint8Array[]
  readonly remove?: readonly number[]
  readonly covers?: (proposal: PendingProposal) => boolean
}): Promise<StagedCommit> => {
  const { client, suite } = unwrap(input.state)
  const covered = pendingIn(input.state).filter((proposal) => input.covers?.(proposal) ?? true)
  const unappliedProposals = Object.fromEntries(
    Object.entries(client.unappliedProposals).filter(([ref]) => covered.some((proposal) => proposal.key === ref)),
  )
  const alreadyRemoved = new Set(covered.map(({ removes }) => removes))
  const remove = (input.remove ?? []).filter((leaf) => !alreadyRemoved.has(leaf))
  const result = await createCommit(
    { state: { ...client, unappliedProposals }, cipherSuite: suite },
    {
      wireAsPublicMessage: true,
      ratchetTreeExtension: false,
      extraProposals: [...remove.map(removal), ...(input.add ?? []).map(addition)],
    },
  )
  const next = wrap({ client: result.newState, suite })
  return {
    next,
    commit: encodeMessage(result.commit),
    welcome:
      result.welcome === undefined
        ? undefined
        : encodeMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome: result.welcome }),
    groupInfo: await groupInfoOf(next, { ratchetTree: false }),
    consumed: result.consumed,
  }
}

const removal = (removed: number): Proposal => ({ proposalType: 'remove', remove: { removed } })

const addition = (message: Uint8Array): Proposal => {
  const keyPackage = keyPackageIn(message)
  if (keyPackage === undefined) throw new TypeError('not a KeyPackage')
  return { proposalType: 'add', add: { keyPackage } }
}

/**
 * The staged state, once accepted. What `current` read meanwhile of the epoch that ended goes along, so that its used keys
 * stay used.
 */
export const adopt = (current: GroupState, next: GroupState): GroupState => {
  const from = unwrap(current).client
  const { client, suite } = unwrap(next)
  const ended = client.historicalReceiverData.get(from.groupContext.epoch)
  if (ended === undefined) return next
  const historicalReceiverData = new Map(client.historicalReceiverData)
  for (const [epoch, data] of from.historicalReceiverData)
    if (historicalReceiverData.has(epoch)) historicalReceiverData.set(epoch, data)
  historicalReceiverData.set(from.groupContext.epoch, { ...ended, secretTree: from.secretTree })
  return wrap({ client: { ...client, historicalReceiverData }, suite })
}
