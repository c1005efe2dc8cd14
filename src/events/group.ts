/** Facts about a group, in `group-<random id>`: short, folded, one Commit per epoch. */
import { z } from 'zod'
import type { GroupId } from '../mls/wire/ids.js'
import {
  blobReference,
  bytes,
  cipherSuite,
  clientId,
  count,
  digest,
  epoch,
  groupId,
  leafIndex,
  position,
  sealedReference,
  time,
  userId,
} from './form/fields.js'
import type { Json } from './form/json.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { streamOf } from './form/streamName.js'

/** Who sits at a leaf: found in its credential when the server accepted it. */
export const occupant = z.object({ leafIndex, user: userId, client: clientId })
export type Occupant = z.infer<typeof occupant>
/** …and where its traffic goes, sealed. */
const addressedLeaf = occupant.extend({ queue: sealedReference, notAfter: time })
export type AddressedLeaf = z.infer<typeof addressedLeaf>

export const role = z.enum(['admin', 'member'])
export type Role = z.infer<typeof role>

/** What the server reads of a group. */
const groupSettings = z.object({
  /** Application messages older than this fall out; at most the server's own limit. */
  retentionMs: time,
})
export type GroupSettings = z.infer<typeof groupSettings>

export const removalReason = z.enum([
  'clientRemoved',
  'userDeleted',
  'queueGone',
  'selfRemoval',
  'expired',
  'inactive',
  'serverBlocked',
])

export const groupShapes = {
  GroupIdReserved: { schema: z.object({ group: groupId, user: userId, client: clientId, until: time }) },
  /** A one-leaf group; its GroupInfo (tree inside) stands here because the fold starts from it. */
  GroupCreated: {
    schema: z.object({
      group: groupId,
      cipherSuite,
      groupInfo: bytes,
      /** The tree (content of the ratchet_tree extension), when it came beside the GroupInfo. */
      ratchetTree: bytes.optional(),
      groupInfoBlob: blobReference,
      creator: addressedLeaf,
      settings: groupSettings,
    }),
  },
  ProposalAccepted: {
    schema: z.object({
      group: groupId,
      epoch,
      ref: bytes,
      kind: z.enum(['add', 'update', 'remove', 'psk', 'reinit', 'externalInit', 'groupContextExtensions', 'other']),
      proposal: bytes,
      by: occupant,
      /** For a Remove: the leaf it removes. */
      removes: leafIndex.optional(),
      selfRemoval: z.boolean(),
    }),
  },
  /** The one Commit that ended epoch − 1. Leaves are as the server read them before and after it. */
  CommitAccepted: {
    schema: z.object({
      group: groupId,
      /** The epoch that this Commit began. */
      epoch,
      commit: bytes,
      committer: occupant,
      external: z.boolean(),
      /** For a resync: the leaf that the external committer left behind (also in `removed`). */
      resyncOf: leafIndex.optional(),
      added: z.array(addressedLeaf.extend({ keyPackageRef: bytes.optional() })),
      removed: z.array(occupant),
      /** Leaves whose content changed in place, the committer's path leaf included. */
      updated: z.array(addressedLeaf),
      groupInfo: blobReference,
      welcome: blobReference.optional(),
    }),
  },
  RoleChanged: {
    schema: z.object({
      group: groupId,
      user: userId,
      role,
      by: userId.optional(),
      reason: z.enum(['requested', 'succession']),
    }),
  },
  SettingsChanged: { schema: z.object({ group: groupId, settings: groupSettings, by: userId }) },
  ProfileChanged: { schema: z.object({ group: groupId, version: count, profile: blobReference, by: userId }) },
  /** From here on these leaves may do nothing, and the next Commit must remove them. */
  RemovalRequired: { schema: z.object({ group: groupId, leaves: z.array(occupant), reason: removalReason }) },
  /**
   * Application messages of `messages-<id>` up to this revision are gone. `upToPosition`: where the last of them stood,
   * so that a queue knows, after the stream was truncated too, whether it had collected them (a gap, or none).
   */
  MessagesExpired: {
    schema: z.object({
      group: groupId,
      upToRevision: count,
      upToPosition: position.optional(),
      /** Of those that this event lets go: how many were for some only, and for each leaf how many of those. */
      targeted: z.object({ count, leaves: z.array(z.tuple([leafIndex, count])) }).optional(),
    }),
    positions: [['upToPosition']],
  },
  /** A member could not process the Commit that began `epoch`. */
  FaultReported: { schema: z.object({ group: groupId, epoch, by: occupant, detail: z.string() }) },
  /**
   * A group of another server, as it is when a member of ours is in it: nothing here decides, all that follows is recorded. GroupInfo
   * and tree stand in blobs, made durable before. Again where all members of ours had left it.
   */
  GroupFollowed: {
    schema: z.object({
      group: groupId,
      hub: z.string(),
      cipherSuite,
      epoch,
      groupInfo: blobReference,
      /** The content of the ratchet_tree extension. */
      ratchetTree: blobReference,
      /** Of the Commit that brought our first member; whom it added, by which KeyPackage, stands at the leaves. */
      welcome: blobReference.optional(),
      leaves: z.array(addressedLeaf.extend({ keyPackageRef: bytes.optional() })),
      roles: z.array(z.object({ user: userId, role })),
      settings: groupSettings,
      profile: z.object({ version: count, profile: blobReference }).optional(),
      /** SHA-256 of the hub's root certificate, as the hub says it. */
      root: digest.optional(),
    }),
  },
  /** The hub's outbox let so many application messages fall: they had these numbers among what it sends us. */
  MessagesMissed: { schema: z.object({ group: groupId, fromSequence: count, toSequence: count, count }) },
  /**
   * The wedged group was given up, by an admin for a fresh id, or by an operator for whatever its admins make next; nothing is
   * accepted here any more. In the first shape it was always an admin.
   */
  GroupReset: {
    schema: z.object({ group: groupId, successor: groupId.optional(), by: userId.optional() }),
    lifts: [(data: Json) => data],
  },
  GroupDeleted: { schema: z.object({ group: groupId, by: userId.optional() }) },
} as const
export type GroupEvent = EventOf<typeof groupShapes>
export const parseGroupEvent = parserOf(groupShapes)
export const groupStream = (group: GroupId): string => streamOf('group', group)
