/** Creating a group: one leaf, the caller's, in an id that the caller reserved. */
import type { BlobReference } from '../../events/form/fields.js'
import type { GroupEvent, GroupSettings } from '../../events/group.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { readClaimedGroup, verifyClaimedGroup } from '../../mls/group/createPublicGroup.js'
import type { ClaimedGroup } from '../../mls/group/createPublicGroup.js'
import { checkExternalPub } from '../../mls/group/externalPub.js'
import { checkLifetime } from '../../mls/group/leafRules.js'
import { attempt } from '../../mls/bytes/refusal.js'
import { supportedSuites } from '../../mls/crypto/servedSuites.js'
import { credentialTypes } from '../../mls/wire/credential.js'
import { groupIdBytes } from '../../mls/wire/ids.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { members } from '../../mls/group/publicGroup.js'
import type { PublicGroup } from '../../mls/group/publicGroup.js'
import { accept } from '../../streams/decider.js'
import type { Decider, Decision } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { activeFor } from './access.js'
import type { By } from './access.js'
import { addressedLeaf, isLeafOf } from './leaves.js'
import type { LeafPolicy } from './leaves.js'
import { rejectionOf } from './refusals.js'
import { checkSettings } from './settings.js'
import type { SettingsLimits } from './settings.js'
import type { Group } from './fold/state.js'

export type CreateGroup = {
  readonly by: By
  readonly group: GroupId
  /** An MLSMessage. */
  readonly groupInfo: Uint8Array
  /** Where the GroupInfo carries no tree. */
  readonly ratchetTree: Uint8Array | undefined
  readonly groupInfoBlob: BlobReference
  readonly settings: GroupSettings
  readonly policy: LeafPolicy
  readonly now: number
  /** Groups in which this client has a leaf. */
  readonly groupsOfClient: number
  readonly limits: SettingsLimits & { readonly groupsPerClientMax: number }
}

export const createGroup: Decider<CreateGroup, Group, GroupEvent> = (command) => (state) => {
  const refused = refuseCreation(state, command)
  if (refused !== undefined) return refused
  const claimed = readGroupOfOne(command.groupInfo, command.ratchetTree)
  if ('rejected' in claimed) return claimed
  return refuseGroup(claimed, command) ?? refuseUnverified(claimed, command) ?? acceptCreation(claimed.group, command)
}

/** The group that a GroupInfo claims, refused without looking further when there is a second leaf in it. */
export const readGroupOfOne = (groupInfo: Uint8Array, ratchetTree: Uint8Array | undefined): ClaimedGroup | Rejected => {
  const claimed = readClaimedGroup(groupInfo, ratchetTree, 1)
  if (claimed.ok) return claimed.value
  const { code, reason } = claimed.refusal
  return code === 'too-large' && reason === 'vectorEntries'
    ? reject({ code: 'group-info-mismatch', reason: 'members' })
    : rejectionOf(claimed.refusal, 'groupInfo')
}

/** What can be said before the GroupInfo is verified. */
export const refuseCreation = (
  state: Group,
  command: Pick<CreateGroup, 'by' | 'now' | 'settings' | 'groupsOfClient' | 'limits'>,
): Rejected | undefined =>
  notReservedFor(state, command) ?? tooMany(command) ?? checkSettings(command.settings, command.limits)

/** Another's reservation, and an expired one, look like no group at all. */
const notReservedFor = (state: Group, { by, now }: Pick<CreateGroup, 'by' | 'now'>): Rejected | undefined => {
  if (state.status !== 'reserved') {
    const active = activeFor(state, by)
    return 'rejected' in active || !active.known.has(by.client)
      ? reject({ code: 'no-such-group' })
      : reject({ code: 'already-exists', what: 'group' })
  }
  return state.client === by.client && now < state.until ? undefined : reject({ code: 'no-such-group' })
}

const tooMany = ({ groupsOfClient, limits }: Pick<CreateGroup, 'groupsOfClient' | 'limits'>): Rejected | undefined => {
  const max = limits.groupsPerClientMax
  return groupsOfClient < max ? undefined : reject({ code: 'limit-reached', limit: 'groupsPerClientMax', max })
}

/** What costs no signature. */
const refuseGroup = ({ group: mls }: ClaimedGroup, { by, group }: CreateGroup): Rejected | undefined => {
  const mismatch = (reason: string): Rejected => reject({ code: 'group-info-mismatch', reason })
  if (!supportedSuites.includes(mls.cipherSuite)) {
    return reject({ code: 'unsupported-ciphersuite', supported: supportedSuites })
  }
  if (!Buffer.from(mls.groupId).equals(groupIdBytes(group))) return mismatch('groupId')
  if (mls.epoch !== 0n) return mismatch('epoch')
  if (!mls.requiredCapabilities.credentials.includes(credentialTypes.x509)) return mismatch('requiredCapabilities')
  const [only, ...others] = members(mls)
  if (only?.leafIndex !== 0 || others.length > 0) return mismatch('members')
  return isLeafOf(only.leaf, by)
    ? undefined
    : reject({ code: 'identity-mismatch', detail: 'the only leaf is not that of the token' })
}

/** The leaf is one that could be published, the group one that others can join; then the signatures. */
const refuseUnverified = (claimed: ClaimedGroup, { policy }: CreateGroup): Rejected | undefined => {
  const { group, info } = claimed
  const lifetime = attempt(() => {
    for (const { leaf } of members(group)) checkLifetime(leaf, policy.now, policy.maxLifetimeS)
  })
  if (!lifetime.ok) return rejectionOf(lifetime.refusal, 'groupInfo')
  const joinable = checkExternalPub(group.tree.suite, info)
  if (!joinable.ok) return rejectionOf(joinable.refusal, 'groupInfo')
  const verified = verifyClaimedGroup(claimed, policy)
  return verified.ok ? undefined : rejectionOf(verified.refusal, 'groupInfo')
}

const acceptCreation = (mls: PublicGroup, command: CreateGroup): Decision<GroupEvent> => {
  const [only] = members(mls)
  if (only === undefined) return reject({ code: 'group-info-mismatch', reason: 'members' })
  const creator = addressedLeaf(only.leafIndex, only.leaf, command.policy)
  if (!creator.ok) return rejectionOf(creator.refusal, 'groupInfo')
  const { ratchetTree } = command
  return accept({
    type: 'GroupCreated',
    data: {
      group: command.group,
      cipherSuite: mls.cipherSuite,
      groupInfo: toBase64url(command.groupInfo),
      ...(ratchetTree === undefined ? {} : { ratchetTree: toBase64url(ratchetTree) }),
      groupInfoBlob: command.groupInfoBlob,
      creator: creator.value,
      settings: command.settings,
    },
  })
}
