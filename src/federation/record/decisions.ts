/** What an item of a followed group would record, by its kind; undefined where its bytes are not of the form they should have. */
import { followCommit, followGroup, followNotice, followProposal } from '../../commands/group/following.js'
import type { PendingBytes } from '../../commands/group/following.js'
import type { LeafPolicy } from '../../commands/group/leaves.js'
import type { Group } from '../../commands/group/state.js'
import { blobReferenceOf } from '../../events/blobReference.js'
import type { GroupEvent } from '../../events/group.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import { decodeCommitBundleParts, decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import type { Decide } from '../../streams/decider.js'
import { commitBody, gapBody, joinBody, noticeBody, proposalBody, readBody } from '../body.js'
import type { Item } from '../item.js'

export type Recording = {
  readonly decide: Decide<Group, GroupEvent>
  /** Made durable before the event that names them. */
  readonly blobs: readonly Uint8Array[]
  /** The last number that the item stands for. */
  readonly through: number
}

type Context = {
  readonly hub: Domain
  readonly group: GroupId
  readonly policy: LeafPolicy
}

/** Of all kinds but messages, which no fold sees. */
export const recordingOf = (item: Item, context: Context): Recording | undefined => {
  switch (item.kind) {
    case 'join':
      return ofJoin(item, context)
    case 'commit':
      return ofCommit(item, context)
    case 'proposal':
      return ofProposal(item, context)
    case 'notice':
      return ofNotice(item)
    case 'gap':
      return ofGap(item, context)
    case 'message':
      return undefined
  }
}

const ofJoin = ({ bytes, sequence }: Item, { hub, group, policy }: Context): Recording | undefined => {
  const body = readBody(joinBody, bytes)
  const proposals = body?.proposals.map(pendingBytes) ?? []
  if (body === undefined || !proposals.every((one) => one !== undefined)) return undefined
  const [groupInfo, ratchetTree] = [bytesOf(body.groupInfo), bytesOf(body.ratchetTree)]
  const profile = body.profile === undefined ? undefined : bytesOf(body.profile.bytes)
  const { roles, settings, required } = body
  const decide = followGroup({
    hub,
    group,
    groupInfo: { bytes: groupInfo, blob: blobReferenceOf(groupInfo) },
    ratchetTree: { bytes: ratchetTree, blob: blobReferenceOf(ratchetTree) },
    roles,
    settings,
    proposals,
    required,
    policy,
    ...(body.profile === undefined || profile === undefined
      ? {}
      : { profile: { version: body.profile.version, profile: blobReferenceOf(profile) } }),
  })
  return { decide, blobs: [groupInfo, ratchetTree, ...(profile === undefined ? [] : [profile])], through: sequence }
}

const ofCommit = ({ bytes, sequence }: Item, { policy }: Context): Recording | undefined => {
  const body = readBody(commitBody, bytes)
  if (body === undefined) return undefined
  const [commit, groupInfo] = [bytesOf(body.commit), bytesOf(body.groupInfo)]
  const welcome = body.welcome === undefined ? undefined : bytesOf(body.welcome)
  const bundle = decodeCommitBundleParts({ commit, groupInfo, welcome })
  if (!bundle.ok) return undefined
  const decide = followCommit({
    bundle: bundle.value,
    groupInfo: blobReferenceOf(groupInfo),
    welcome: welcome === undefined ? undefined : blobReferenceOf(welcome),
    policy,
  })
  return { decide, blobs: welcome === undefined ? [groupInfo] : [welcome, groupInfo], through: sequence }
}

const ofProposal = ({ bytes, sequence }: Item, { policy }: Context): Recording | undefined => {
  const body = readBody(proposalBody, bytes)
  const pending = body === undefined ? undefined : pendingBytes(body.proposal)
  if (pending === undefined) return undefined
  return { decide: followProposal({ ...pending, policy }), blobs: [], through: sequence }
}

const ofNotice = ({ bytes, sequence }: Item): Recording | undefined => {
  const notice = readBody(noticeBody, bytes)
  if (notice === undefined) return undefined
  if (notice.type !== 'ProfileChanged') return { decide: followNotice(notice), blobs: [], through: sequence }
  const profile = bytesOf(notice.bytes)
  const data = { ...notice.data, profile: blobReferenceOf(profile) }
  return { decide: followNotice({ type: 'ProfileChanged', data }), blobs: [profile], through: sequence }
}

const ofGap = ({ bytes, sequence }: Item, { group }: Context): Recording | undefined => {
  const gap = readBody(gapBody, bytes)
  if (gap === undefined || gap.toSequence - sequence + 1 !== gap.count) return undefined
  const data = { group, fromSequence: sequence, toSequence: gap.toSequence, count: gap.count }
  return { decide: followNotice({ type: 'MessagesMissed', data }), blobs: [], through: gap.toSequence }
}

const pendingBytes = (text: string): PendingBytes | undefined => {
  const bytes = bytesOf(text)
  const message = decodeMlsMessage(bytes)
  return message.ok && message.value.wireFormat === 'publicMessage'
    ? { message: message.value.publicMessage, bytes }
    : undefined
}

/** The form was held against the pattern of base64url; what is none all the same decodes to nothing, and is refused as that. */
const bytesOf = (text: string): Uint8Array => fromBase64url(text) ?? new Uint8Array()
