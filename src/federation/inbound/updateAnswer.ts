/** What is answered to an update: the draft's words, and beside them which fact it became, or why it became none. Pure. */
import type { CommandReply } from '../../api/http/route.js'
import type { Group } from '../../commands/group/fold/state.js'
import type { GroupEvent } from '../../events/group.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import type { Outcome } from '../../streams/outcome.js'
import type { Rejection } from '../../streams/rejection.js'
import { acceptedHeader, problemField, problemHeader } from '../problemHeader.js'
import { encodeBody } from '../wire/body.js'
import { updateResponse } from '../wire/update.js'
import type { UpdateResponse } from '../wire/update.js'

export const updateAnswer = (outcome: Outcome<Group, GroupEvent>): CommandReply => {
  if ('rejected' in outcome) {
    const { rejected } = outcome
    if (asProblem.has(rejected.code)) return outcome
    return { ...answered(refusal(rejected), { [problemHeader]: problemField(rejected) }), repeated: false }
  }
  const fact = outcome.recorded.find(({ type }) => type === 'CommitAccepted' || type === 'ProposalAccepted')
  if (fact === undefined) throw new Error('an update was accepted without its event')
  const success = { code: 'success', errorDescription: '', acceptedTimestamp: outcome.at } as const
  return { ...answered(success, { [acceptedHeader]: fact.id }), repeated: outcome.repeated }
}

/** What is no word of the group about the update: whoever asks is told as by any other route. */
const asProblem: ReadonlySet<Rejection['code']> = new Set([
  'no-such-group',
  'identity-mismatch',
  'idempotency-mismatch',
  'peer-unreachable',
] as const)

const refusal = (rejected: Rejection): UpdateResponse => {
  const errorDescription = rejected.code
  if (rejected.code === 'wrong-epoch')
    return { code: 'wrongEpoch', errorDescription, currentEpoch: BigInt(rejected.currentEpoch) }
  if (rejected.code !== 'invalid-proposal') return { code: 'notAllowed', errorDescription }
  const invalidProposals = rejected.refs.flatMap((ref) => fromBase64url(ref) ?? [])
  return { code: 'invalidProposal', errorDescription, invalidProposals }
}

const answered = (response: UpdateResponse, headers: Readonly<Record<string, string>>) =>
  ({ status: 200, mls: encodeBody(updateResponse, response), headers }) as const
