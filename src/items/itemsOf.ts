/** The items an event brings, and for whom: one function for the rows of the projection and the frames of delivery. */
import type { AnyEvent } from '../events/anyEvent.js'
import { domainOf } from '../mls/wire/ids.js'
import type { GroupId, QueueId, UserId } from '../mls/wire/ids.js'
import type { ItemToShow, Recipient } from './audience.js'
import { notices } from './notices.js'
import type { Placed } from './placed.js'
import type { Item } from './queueItem.js'
import type { OpenReference } from './references.js'

type MessageAccepted = Extract<AnyEvent, { type: 'MessageAccepted' }>['data']
type CommitAccepted = Extract<AnyEvent, { type: 'CommitAccepted' }>['data']
type KeyPackageClaimed = Extract<AnyEvent, { type: 'KeyPackageClaimed' }>['data']

/** In the order in which a queue shows them: what concerns a group first, then a queue's own. */
export const itemsOf = (placed: Placed, open: OpenReference): readonly ItemToShow[] => {
  const { event, at } = placed
  switch (event.type) {
    case 'MessageAccepted': {
      const { group, epoch, message, targets } = event.data
      if (targets !== undefined) return [targeted(event.data, targets, at)]
      const item: Item = { type: 'message', group, epoch, message, ...franked(event.data), at }
      return [{ audience: { group }, item, epoch: BigInt(epoch), ...silence(event.data) }]
    }
    case 'CommitAccepted': {
      const { group, epoch, commit } = event.data
      return [toGroup(group, { type: 'commit', group, epoch, message: commit, at }), ...welcomes(event.data, at, open)]
    }
    case 'GroupFollowed':
      return welcomes({ ...event.data, added: event.data.leaves }, at, open)
    case 'ProposalAccepted': {
      const { group, epoch, ref, proposal } = event.data
      return [toGroup(group, { type: 'proposal', group, epoch, ref, message: proposal, at })]
    }
    case 'RoleChanged':
      return [toGroup(event.data.group, notices.roleChanged(event.data, at))]
    case 'SettingsChanged':
      return [toGroup(event.data.group, notices.settingsChanged(event.data, at))]
    case 'ProfileChanged':
      return [toGroup(event.data.group, notices.profileChanged(event.data, at))]
    case 'RemovalRequired':
      return [toGroup(event.data.group, notices.removalRequired(event.data, at))]
    case 'FaultReported':
      return [toGroup(event.data.group, notices.faultReported(event.data, at))]
    case 'GroupReset':
      return [toGroup(event.data.group, notices.groupReset(event.data, at))]
    case 'GroupDeleted':
      return [toGroup(event.data.group, notices.groupDeleted(event.data, at))]
    case 'ClientAdded':
      return [toOne(event.data.user, notices.clientAdded(event.data, at))]
    case 'HistoryOffered':
      return [toOne(event.data.client, notices.historyOffered(event.data, at))]
    case 'RecoveryKeySet':
      return [toOne(event.data.user, notices.recoveryKeySet(event.data, at))]
    case 'RecoveryKeyUsed':
      return [toOne(event.data.user, notices.recoveryKeyUsed(event.data, at))]
    case 'ClientRemoved':
      return [toOne(event.data.user, notices.clientRemoved(event.data, at))]
    case 'UserProfileChanged':
      return [toOne(event.data.user, notices.userProfileChanged(event.data, at))]
    case 'KeyPackageClaimed':
      return supplyNotices(event.data, at)
    case 'ConnectionRequested':
      return [toOne(event.data.user, notices.connectionRequest(event.data, at))]
    // Answers are told to all clients of the user who had asked.
    case 'ConnectionAccepted':
      return ofOneServer(event.data, toOne(event.data.from, notices.connectionAccepted(event.data, at)))
    case 'ConnectionRejected':
      return ofOneServer(event.data, toOne(event.data.from, notices.connectionRejected(event.data, at)))
    case 'ContactGranted':
      return [toOne(event.data.from, notices.connectionAccepted(event.data, at))]
    case 'ContactEnded': {
      const { user, by, request } = event.data
      return request === undefined ? [] : [toOne(user, notices.connectionRejected({ request, user: by }, at))]
    }
    case 'ServerInitialised':
    case 'LogReplaced':
    case 'OperatorTokenIssued':
    case 'OperatorTokenRevoked':
    case 'OperatorActed':
    case 'ClockHeld':
    case 'ClockAccepted':
    case 'ServerWasDown':
    case 'KeyRotated':
    case 'HandleReserved':
    case 'HandleKept':
    case 'InvitationMade':
    case 'InvitationUsed':
    case 'InvitationReturned':
    case 'InvitationRevoked':
    case 'UserInvitationIssued':
    case 'UserInvitationRevoked':
    case 'RegistrationChanged':
    case 'LimitSet':
    case 'LimitReset':
    case 'MaintenanceChanged':
    case 'UserDisabled':
    case 'UserEnabled':
    case 'HandleWithdrawn':
    case 'HandleReleased':
    case 'ClientIdTaken':
    case 'SignatureKeyTaken':
    case 'UserRegistered':
    case 'ClientKeyAdded':
    case 'PolicyChanged':
    case 'UserDeleted':
    case 'RegistrationAbandoned':
    case 'UserBlocked':
    case 'UserUnblocked':
    case 'ContactSought':
    case 'ContactTold':
    case 'KeyPackagesPublished':
    case 'KeyPackagesDeleted':
    case 'StockClosed':
    case 'QueueCreated':
    case 'QueueDeleted':
    case 'QueuesAcknowledged':
    case 'PushSubscribed':
    case 'PushUnsubscribed':
    case 'PushPolicyChanged':
    case 'GroupIdReserved':
    case 'GroupCreated':
    case 'MessagesMissed':
    case 'RemovalAsked':
    case 'PeerConfirmed':
    case 'PeerGap':
    case 'PeerPaused':
    case 'PeerResumed':
    case 'PeerSeen':
    case 'PeerKeysChanged':
    case 'PeerRootPinned':
    case 'PeerPolicyChanged':
    case 'PeerSendingChanged':
    case 'PeerReset':
    case 'PeerDropped':
    case 'PeerSignatureRefused':
    case 'PeerBrokeRule':
    case 'MessagesExpired':
    case 'AssetReserved':
    case 'AssetStored':
    case 'AssetRenewed':
    case 'AssetExpired':
    case 'AssetDeleted':
    case 'AssetTakenDown':
    case 'DigestTakenDown':
    case 'DigestTakedownLifted':
    case 'ReportMade':
    case 'ReportClosed':
    case 'ReportExpired':
    case 'Erased':
      return []
  }
}

/** Who asked from another server hears it there. */
const ofOneServer = (
  { user, from }: { readonly user: UserId; readonly from: UserId },
  item: ItemToShow,
): readonly ItemToShow[] => (domainOf(user) === domainOf(from) ? [item] : [])

const targeted = (data: MessageAccepted, targets: readonly number[], at: number): ItemToShow => {
  const { group, epoch, message } = data
  const item: Item = { type: 'message', group, epoch, message, targets: [...targets], ...franked(data), at }
  return { audience: { group }, item, epoch: BigInt(epoch), targets, ...silence(data) }
}

const silence = ({ urgency }: MessageAccepted): { readonly silent?: true } =>
  urgency === 'silent' ? { silent: true } : {}

const franked = ({ frank }: MessageAccepted): { readonly frank?: string } => (frank === undefined ? {} : { frank })

const toGroup = (group: GroupId, item: Item): ItemToShow => ({ audience: { group }, item })
const toOne = (recipient: Recipient, item: Item): ItemToShow => ({ audience: { recipient }, item })

/**
 * At most so many KeyPackages of a ciphersuite left is few. Part of what the events mean, as the read models keep it, and
 * so no limit that an operator could change: rows made before would say otherwise than those of a rebuild.
 */
const keyPackagesLow = 10

/** The owner hears of every use of its last resort, and when few KeyPackages are left. */
const supplyNotices = (claimed: KeyPackageClaimed, at: number): readonly ItemToShow[] => {
  if (claimed.lastResort) return [toOne(claimed.client, notices.lastResortUsed(claimed, at))]
  return claimed.remaining <= keyPackagesLow ? [toOne(claimed.client, notices.keyPackagesLow(claimed, at))] : []
}

type Welcoming = Pick<CommitAccepted, 'group' | 'epoch' | 'welcome' | 'added'> & { readonly root?: string | undefined }

/** One Welcome for each queue that the Commit adds, naming the KeyPackages of that queue (RFC 9420 §12.4.3.1). */
const welcomes = (commit: Welcoming, at: number, open: OpenReference): readonly ItemToShow[] => {
  const { group, epoch, welcome, added, root } = commit
  if (welcome === undefined) return []
  const refs = new Map<QueueId, string[]>()
  for (const { queue: sealed, keyPackageRef } of added) {
    const queue = keyPackageRef === undefined ? undefined : open(sealed)
    if (queue !== undefined && keyPackageRef !== undefined) refs.set(queue, [...(refs.get(queue) ?? []), keyPackageRef])
  }
  return [...refs].map(([recipient, own]) => ({
    audience: { recipient },
    item: { type: 'welcome', group, epoch, ...welcome, refs: own, ...(root === undefined ? {} : { root }), at },
    digest: welcome.digest,
  }))
}
