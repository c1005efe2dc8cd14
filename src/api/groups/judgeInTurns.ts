/** Verifies what a Commit brings, giving way to others between one newcomer and the next: signatures are what costs. */
import { setImmediate } from 'node:timers/promises'
import type { Looked } from '../../commands/group/commits.js'
import type { LeafPolicy } from '../../commands/group/leaves.js'
import { rejectionOf } from '../../commands/group/refusals.js'
import type { Rejected } from '../../streams/rejection.js'
import { attempt } from '../../mls/bytes/refusal.js'
import type { Result } from '../../mls/bytes/refusal.js'
import { byValue, checkCommitSignature, checkNewcomers } from '../../mls/group/askedCommit.js'
import { checkProposalContent } from '../../mls/group/proposalRules.js'

/**
 * The policy to judge the Commit by, which by then remembers what was verified: deciding costs no signature of a newcomer's
 * any more. One newcomer is not worth the detour.
 */
export const judgeInTurns = async (
  { group: { mls }, asked }: Looked,
  makePolicy: () => Promise<LeafPolicy>,
): Promise<LeafPolicy | Rejected> => {
  const brought = byValue(asked)
  if (asked.applied.added.length < 2) return makePolicy()
  // One signature before many, and before the queues of many are looked up.
  const signed = refused(() => {
    checkNewcomers(asked, {})
    checkCommitSignature(mls, asked)
  })
  if (signed !== undefined) return signed
  const policy = await makePolicy()
  for (const { proposal, sender } of brought) {
    await setImmediate()
    const bad = refused(() => {
      checkProposalContent(mls, proposal, sender, policy)
    })
    if (bad !== undefined) return bad
  }
  return policy
}

const refused = (check: () => void): Rejected | undefined => {
  const checked: Result<void> = attempt(check)
  return checked.ok ? undefined : rejectionOf(checked.refusal, 'commit')
}
