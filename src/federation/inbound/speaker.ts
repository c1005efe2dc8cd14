/** Who speaks in a handshake message that another server brings: one of its own clients, by the leaf that the message names. Pure. */
import type { By } from '../../commands/group/access.js'
import { wrongEpoch } from '../../commands/group/refusals.js'
import type { ActiveGroup, ClosedGroup, Group } from '../../commands/group/fold/state.js'
import { identityOf } from '../../mls/group/identity.js'
import type { PublicMessage } from '../../mls/wire/framing.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { ClientId, Domain, UserId } from '../../mls/wire/ids.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'

/** That the message is really of that leaf is judged later, by its signature. A server with nobody in the group hears of none. */
export const speakerIn = (state: Group, peer: Domain, message: PublicMessage): By | Rejected => {
  const group = groupFor(state, peer)
  if ('rejected' in group) return group
  const { content } = message
  // Who sat where in another epoch is not to be read from this one.
  if (content.epoch !== group.mls.epoch) return wrongEpoch(group, content.epoch)
  switch (content.sender.type) {
    case 'member':
      return ofPeer(peer, group.leaves.get(content.sender.leafIndex) ?? reject({ code: 'not-a-member' }))
    case 'newMemberCommit':
      return ofPeer(peer, newcomerIn(message))
    case 'external':
    case 'newMemberProposal':
      return reject({ code: 'not-allowed', capability: content.sender.type })
  }
}

/** The group as its server may hear of it: one of ours that somebody of it is, or was, in. */
export const groupFor = (state: Group, peer: Domain): ActiveGroup | Rejected => {
  const unknown = reject({ code: 'no-such-group' })
  switch (state.status) {
    case 'none':
    case 'reserved':
      return unknown
    case 'active':
      return state.hub === undefined && isKnownTo(state, peer) ? state : unknown
    case 'reset':
    case 'deleted': {
      const { successor } = state
      const gone = reject({ code: 'group-deleted', ...(successor === undefined ? {} : { successor }) })
      return isKnownTo(state, peer) ? gone : unknown
    }
  }
}

/** Somebody of that server is, or was, in it. */
const isKnownTo = ({ known }: ActiveGroup | ClosedGroup, peer: Domain): boolean => {
  for (const id of known) if (domainOf(id as ClientId | UserId) === peer) return true
  return false
}

const newcomerIn = ({ content: { content } }: PublicMessage): By | Rejected => {
  const leaf = content.type === 'commit' ? content.commit.path?.leafNode : undefined
  const identity = leaf === undefined ? undefined : identityOf(leaf.credential)
  return identity ?? malformed('whoever joins by itself brings a leaf')
}

const ofPeer = (peer: Domain, speaker: By | Rejected): By | Rejected => {
  if ('rejected' in speaker) return speaker
  const { user, client } = speaker
  return domainOf(user) === peer && domainOf(client) === peer
    ? { user, client }
    : reject({ code: 'identity-mismatch', detail: 'the sender is no client of that server' })
}
