/** Proposals of one's own, as PublicMessages: a client proposes its removal to leave. */
import { type GroupState, unwrap, wrap } from './groupState.js'
import { encodeMessage } from './messageCodec.js'
import { createProposal } from './tsMls.js'

/** The proposal, and the state in which it is pending: to be kept once the server has accepted it. */
export const proposeRemoval = async (
  state: GroupState,
  leaf: number,
): Promise<{ readonly next: GroupState; readonly message: Uint8Array }> => {
  const { client, suite } = unwrap(state)
  const proposal = { proposalType: 'remove', remove: { removed: leaf } } as const
  const { newState, message } = await createProposal(client, true, proposal, suite)
  return { next: wrap({ client: newState, suite }), message: encodeMessage(message) }
}
