/** What an item of a followed group would record, by its kind; undefined where its bytes are not of the form they should have. */
import { followCommit, followGroup, followNotice, followProposal } from '../../commands/group/followed/following.js'
import type { PendingBytes } from '../../commands/group/followed/following.js'
import type { LeafPolicy } from '../../commands/group/leaves.js'
import type { Group } from '../../commands/group/fold/state.js'
import { blobReferenceOf } from '../../events/form/blobReference.js'
import type { GroupEvent } from '../../events/group.js'
import { readClaimedGroup } from '../../mls/group/createPublicGroup.js'
import { domainsOf, leavesIn, leavesOfCommit } from '../../mls/group/leavesBrought.js'
import { members } from '../../mls/group/publicGroup.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import { decodeCommitBundleParts, decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import type { Decide } from '../../streams/decider.js'
import { joinFacts, noticeFact, readFacts } from '../facts.js'
import type { Item } from '../item.js'
import { decodeBody } from '../wire/body.js'
import type { Codec } from '../wire/body.js'
import { commitItem, gapItem, joinItem, noticeItem, proposalItem } from '../wire/itemContents.js'
import { withHeader } from '../wire/mlsObjects.js'

export type Recording = (Judged | Unjudged) & {
  /** Made durable before the event that names them. */
  readonly blobs: readonly Uint8Array[]
  /** The last number that the item stands for. */
  readonly through: number
}

type Judged = {
  readonly judged: true
  readonly decide: (policy: LeafPolicy) => Decide<Group, GroupEvent>
  /** Whose members' leaves come with it, beside those that are in the group. */
  readonly domains: readonly Domain[]
}
/** No leaf comes with it: no root need be known. */
type Unjudged = { readonly judged: false; readonly decide: Decide<Group, GroupEvent> }

type Context = {
  readonly hub: Domain
  /** The follower. */
  readonly ours: Domain
  readonly group: GroupId
}

/** Of all kinds but messages, which no fold sees. */
export const recordingOf = (item: Item, context: Context): Recording | undefined => {
  switch (item.kind) {
    case 'join':
      return ofJoin(item, context)
    case 'commit':
      return ofCommit(item)
    case 'proposal':
      return ofProposal(item)
    case 'notice':
      return ofNotice(item)
    case 'gap':
      return ofGap(item, context)
    case 'message':
      return undefined
  }
}

const ofJoin = ({ bytes, sequence }: Item, { hub, ours, group }: Context): Recording | undefined => {
  const sent = read(joinItem, bytes)
  const facts = sent === undefined ? undefined : readFacts(joinFacts, sent.facts)
  const proposals = sent?.state.pendingProposals.map(({ proposal }) => pendingBytes(proposal)) ?? []
  if (sent === undefined || facts === undefined || !proposals.every((one) => one !== undefined)) return undefined
  const { profile } = sent
  if ((profile === undefined) !== (facts.profile === undefined)) return undefined
  const groupInfo = withHeader('groupInfo', sent.state.groupInfo)
  const { ratchetTree } = sent.state
  const welcome = headed('welcome', sent.welcome)
  const { roles, settings, required, added, root } = facts
  const claimed = readClaimedGroup(groupInfo, ratchetTree)
  const join = {
    hub,
    ours,
    group,
    claimed,
    groupInfo: blobReferenceOf(groupInfo),
    ratchetTree: blobReferenceOf(ratchetTree),
    welcome: welcome === undefined ? undefined : { bytes: welcome, blob: blobReferenceOf(welcome) },
    added,
    roles,
    settings,
    proposals,
    required,
    ...(root === undefined ? {} : { root }),
    ...(facts.profile === undefined || profile === undefined
      ? {}
      : { profile: { version: facts.profile.version, profile: blobReferenceOf(profile) } }),
  }
  return {
    judged: true,
    decide: (policy) => followGroup({ ...join, policy }),
    domains: claimed.ok ? domainsOf(members(claimed.value.group).map(({ leaf }) => leaf)) : [],
    blobs: [groupInfo, ratchetTree, ...present(welcome), ...present(profile)],
    through: sequence,
  }
}

const ofCommit = ({ bytes, sequence }: Item): Recording | undefined => {
  const item = read(commitItem, bytes)
  if (item === undefined) return undefined
  const groupInfo = withHeader('groupInfo', item.groupInfo)
  const welcome = headed('welcome', item.welcome)
  const bundle = decodeCommitBundleParts({ commit: item.commit.message, groupInfo, welcome })
  if (!bundle.ok) return undefined
  const commit = {
    bundle: bundle.value,
    groupInfo: blobReferenceOf(groupInfo),
    welcome: welcome === undefined ? undefined : blobReferenceOf(welcome),
  }
  return {
    judged: true,
    decide: (policy) => followCommit({ ...commit, policy }),
    domains: domainsOf(leavesOfCommit(bundle.value.commit)),
    blobs: [...present(welcome), groupInfo],
    through: sequence,
  }
}

const ofProposal = ({ bytes, sequence }: Item): Recording | undefined => {
  const item = read(proposalItem, bytes)
  const pending = item === undefined ? undefined : pendingBytes(item.message)
  if (pending === undefined) return undefined
  const { content } = pending.message.content
  return {
    judged: true,
    decide: (policy) => followProposal({ ...pending, policy }),
    domains: content.type === 'proposal' ? domainsOf(leavesIn(content.proposal)) : [],
    blobs: [],
    through: sequence,
  }
}

const ofNotice = ({ bytes, sequence }: Item): Recording | undefined => {
  const item = read(noticeItem, bytes)
  const notice = item === undefined ? undefined : readFacts(noticeFact, item.fact)
  if (item === undefined || notice === undefined) return undefined
  if ((notice.type === 'ProfileChanged') !== (item.bytes !== undefined)) return undefined
  if (notice.type !== 'ProfileChanged' || item.bytes === undefined)
    return { judged: false, decide: followNotice(notice), blobs: [], through: sequence }
  const data = { ...notice.data, profile: blobReferenceOf(item.bytes) }
  const decide = followNotice({ type: 'ProfileChanged', data })
  return { judged: false, decide, blobs: [item.bytes], through: sequence }
}

const ofGap = ({ bytes, sequence }: Item, { group }: Context): Recording | undefined => {
  const gap = read(gapItem, bytes)
  if (gap === undefined) return undefined
  const { count } = gap
  const through = sequence + count - 1
  const data = { group, fromSequence: sequence, toSequence: through, count }
  return { judged: false, decide: followNotice({ type: 'MessagesMissed', data }), blobs: [], through }
}

const read = <T>(codec: Codec<T>, bytes: Uint8Array): T | undefined => {
  const body = decodeBody(codec, bytes)
  return body.ok ? body.value : undefined
}

const headed = (format: 'welcome', struct: Uint8Array | undefined): Uint8Array | undefined =>
  struct === undefined ? undefined : withHeader(format, struct)

const present = (bytes: Uint8Array | undefined): readonly Uint8Array[] => (bytes === undefined ? [] : [bytes])

const pendingBytes = (bytes: Uint8Array): PendingBytes | undefined => {
  const message = decodeMlsMessage(bytes)
  return message.ok && message.value.wireFormat === 'publicMessage'
    ? { message: message.value.publicMessage, bytes }
    : undefined
}
