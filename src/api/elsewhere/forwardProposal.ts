/** A proposal of a client of ours for a group whose hub is elsewhere. */
import type { By } from '../../commands/group/access.js'
import { refuseForwardedProposal } from '../../commands/group/followed/forwarding.js'
import type { ProblemCode } from '../../contract/problems.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { proposalRef } from '../../mls/crypto/references.js'
import type { PublicMessage } from '../../mls/wire/framing.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import type { CommandReply } from '../http/route.js'
import { replyElsewhere } from './elsewhere.js'
import type { Elsewhere } from './elsewhere.js'
import { rejectionOfHub } from './hubRefusal.js'
import { isBehind, recordOf } from './recordOf.js'
import { winnerSoon } from './winnerSoon.js'

export type ForwardedProposal = {
  readonly by: By
  readonly group: GroupId
  readonly message: PublicMessage
  /** The MLSMessage as it came. */
  readonly bytes: Uint8Array
  readonly command: { readonly id: string }
}

/** Throws PeerAway, PeerNotAsked, and what the store throws. */
export const forwardProposal = async (
  deps: Elsewhere & { readonly streams: Streams },
  { by, group, message, bytes, command }: ForwardedProposal,
  allowed: readonly ProblemCode[],
): Promise<CommandReply> => {
  const { epoch } = message.content
  const state = await recordOf(deps, group, by, epoch)
  const record = refuseForwardedProposal(state, by, message)
  if ('rejected' in record) return isBehind(state, by, epoch) ? reject({ code: 'read-model-behind' }) : record
  const heard = await deps.others.update({ type: 'proposal', group, proposal: bytes, key: command.id })
  if ('refused' in heard) return winnerSoon(deps, group, epoch, rejectionOfHub(heard, allowed, 'propose'))
  const ref = toBase64url(proposalRef(record.mls.cipherSuite, message))
  return replyElsewhere(heard, { ref, epoch: String(epoch) })
}
