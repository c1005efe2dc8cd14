/** From a leaf of the tree to who sits there and where its traffic goes. */
import type { AddressedLeaf, Occupant } from '../../events/group.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { extensionType, findExtension } from '../../mls/wire/extension.js'
import { identityOf } from '../../mls/group/identity.js'
import { leafAt } from '../../mls/group/publicGroup.js'
import type { LeafNode } from '../../mls/wire/leafNode.js'
import type { CredentialCheck, GroupPolicy } from '../../mls/group/policy.js'
import type { Result } from '../../mls/bytes/refusal.js'
import type { ActiveGroup } from './fold/state.js'

/** What leaves are held against: the MLS policy, whose credential check says who it is. */
export type LeafPolicy = Omit<GroupPolicy, 'credential'> & { readonly credential: CredentialCheck }

/** `notAfter` is when the leaf ends: with its certificate, or with the lifetime that it was added under, whichever is first. */
export const addressedLeaf = (leafIndex: number, leaf: LeafNode, policy: LeafPolicy): Result<AddressedLeaf> => {
  const vouched = policy.credential(leaf.credential, leaf.signatureKey)
  if (!vouched.ok) return vouched
  const reference = findExtension(leaf.extensions, extensionType.queueReference)
  if (reference === undefined) return { ok: false, refusal: { code: 'invalid-leaf', reason: 'queueReference' } }
  const { user, client } = vouched.value
  const notAfter = Math.min(vouched.value.notAfter, lifetimeEnd(leaf) ?? Number.MAX_SAFE_INTEGER)
  const queue = { reference: toBase64url(reference), signatureKey: toBase64url(leaf.signatureKey) }
  return { ok: true, value: { leafIndex, user, client, queue, notAfter } }
}

/** In ms. A leaf that its client has renewed in this group has no lifetime of its own (RFC 9420 §7.2). */
export const lifetimeEnd = ({ source }: LeafNode): number | undefined => {
  const end = source.type === 'keyPackage' ? Number(source.notAfter) * 1_000 : undefined
  return end === undefined || end > Number.MAX_SAFE_INTEGER ? undefined : end
}

/** The occupant of a leaf that the tree has: the fold has it too. */
export const occupantOf = ({ leaves }: ActiveGroup, leafIndex: number): Occupant => {
  const seated = leaves.get(leafIndex)
  if (seated === undefined) throw new Error(`the tree has a leaf ${leafIndex} that the fold does not know`)
  const { user, client } = seated
  return { leafIndex, user, client }
}

/** To the queue of a leaf, base64url. */
export const referenceOf = ({ mls }: ActiveGroup, leafIndex: number): string | undefined => {
  const leaf = leafAt(mls, leafIndex)
  const reference = leaf === undefined ? undefined : findExtension(leaf.extensions, extensionType.queueReference)
  return reference === undefined ? undefined : toBase64url(reference)
}

/** Whether a leaf names exactly this client: tokens and leaves must agree. */
export const isLeafOf = (leaf: LeafNode, { user, client }: Pick<Occupant, 'user' | 'client'>): boolean => {
  const identity = identityOf(leaf.credential)
  return identity?.user === user && identity.client === client
}
