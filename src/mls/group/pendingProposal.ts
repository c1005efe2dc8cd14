/** A proposal that was sent on its own, under the reference that commits will name it by. */
import { toBase64url } from '../bytes/base64url.js'
import type { PublicMessage } from '../wire/framing.js'
import type { PendingProposal } from './publicGroup.js'
import { proposalRef } from '../crypto/references.js'
import { refuse } from '../bytes/refusal.js'

export const pendingOf = (cipherSuite: number, message: PublicMessage): PendingProposal => {
  const { content, sender } = message.content
  if (content.type !== 'proposal') return refuse('unsupported-message', 'contentType')
  const ref = toBase64url(proposalRef(cipherSuite, message))
  return { ref, proposal: content.proposal, sender, message }
}
