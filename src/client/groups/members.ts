/** The members of a group as people: whom the verified certificates in their leaves name. */
import { parseCertificate } from '../../mls/x509/certificate.js'
import { identityIn } from '../../mls/group/identity.js'
import { attempt } from '../../mls/bytes/refusal.js'
import type { Member } from '../events.js'
import { type GroupState, membersOf } from '../member/groupState.js'
import type { MemberLeaf } from '../member/memberLeaves.js'

export type SeatedMember = Member & { readonly leafIndex: number }

/** Chains were verified when the leaf came into the tree; here the name is read. */
const memberAt = ({ certificates, leafIndex }: MemberLeaf): SeatedMember | undefined => {
  const [certificate] = certificates
  if (certificate === undefined) return undefined
  const parsed = attempt(() => parseCertificate(certificate))
  const identity = parsed.ok ? identityIn(parsed.value) : undefined
  return identity === undefined ? undefined : { user: identity.user, client: identity.client, leafIndex }
}

export const membersIn = (state: GroupState): readonly SeatedMember[] =>
  membersOf(state).flatMap((leaf) => memberAt(leaf) ?? [])

export const asMember = (leaf: MemberLeaf): readonly Member[] => {
  const member = memberAt(leaf)
  return member === undefined ? [] : [{ user: member.user, client: member.client }]
}
