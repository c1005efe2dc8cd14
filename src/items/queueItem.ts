/**
 * What a queue holds, as its owner reads it: the one list of items. The OpenAPI and AsyncAPI documents are made of it, its
 * types bind whoever makes items (`itemsOf`, `notices`, the gap of a page) and the SDK that takes them.
 */
import { z } from 'zod'
import {
  bytesOut,
  cipherSuiteField,
  clientName,
  cursor,
  described,
  digestField,
  epochField,
  groupName,
  leafIndexField,
  roleField,
  timeOut,
  userName,
} from '../contract/fields.js'

const position = cursor.describe('The cursor to go on from, or to acknowledge')
const placed = { at: timeOut, position }
const mlsMessage = bytesOut.describe('The MLSMessage')
const count = (what: string, example: number) => described(z.number().int(), what, example)
const word = (what: string, example: string) => described(z.string(), what, example)

const itemOf = <Type extends string, Fields extends z.ZodRawShape>(type: Type, description: string, fields: Fields) =>
  z
    .object({ type: z.literal(type).describe('The kind of item'), ...fields })
    .meta({ title: titled('Item', type), description })

const titled = (what: string, kind: string): string => `${what}${kind.charAt(0).toUpperCase()}${kind.slice(1)}`

const ofEpoch = { group: groupName, epoch: epochField }

const message = itemOf('message', 'An application message', {
  ...ofEpoch,
  message: mlsMessage,
  targets: z
    .array(leafIndexField)
    .optional()
    .describe('The leaves at its epoch that it is shown to, where it is not for everybody'),
  frank: bytesOut
    .optional()
    .describe('What a report of it is checked by, where its sender put a tag beside it: opaque, to be kept'),
  ...placed,
})
const commit = itemOf('commit', 'A Commit', {
  group: groupName,
  epoch: epochField.describe('The one that it began'),
  message: mlsMessage,
  ...placed,
})
const proposal = itemOf('proposal', 'A proposal that waits for a Commit', {
  ...ofEpoch,
  ref: bytesOut.describe('Its ProposalRef'),
  message: mlsMessage,
  ...placed,
})
const welcome = itemOf('welcome', 'A Welcome, whose bytes come from the welcomes route', {
  group: groupName,
  epoch: epochField.describe('The one that it leads into'),
  digest: digestField.describe('What to ask for it by'),
  size: count('Bytes that it has', 3_100),
  refs: z.array(bytesOut.describe('A KeyPackageRef')).describe('Of the KeyPackages that it was made for'),
  root: digestField
    .optional()
    .describe('SHA-256 of the root certificate of the group’s server, as that server says it, where it is another one'),
  ...placed,
})
const lost = z
  .object({ group: groupName, count: count('How many', 3) })
  .meta({ title: 'LostMessages', description: 'Application messages of a group that fell out' })
const gap = itemOf('gap', 'Application messages fell out before they were collected; it stands where it ends', {
  groups: z.array(lost).describe('Of which groups'),
  from: cursor.describe('Where it begins'),
  to: cursor.describe('Where it ends'),
  position,
})

const noticeOf = <Kind extends string, Fields extends z.ZodRawShape>(kind: Kind, description: string, fields: Fields) =>
  z
    .object({
      type: z.literal('notice').describe('The kind of item'),
      kind: z.literal(kind).describe('The kind of notice'),
      ...fields,
      ...placed,
    })
    .meta({ title: titled('Notice', kind), description })

const leaf = z
  .object({ leafIndex: leafIndexField, user: userName, client: clientName })
  .meta({ title: 'OccupiedLeaf', description: 'A leaf, and who sits there' })
const settings = z
  .object({ retentionMs: count('Application messages are kept so long, ms', 2_592_000_000) })
  .meta({ title: 'ChangedSettings', description: 'What the server does for the group from now on' })

/** Told to every queue that is a member of the group. */
const groupNotices = [
  noticeOf('roleChanged', 'A member has another role', {
    group: groupName,
    user: userName,
    role: roleField.describe('The role that it has now'),
  }),
  noticeOf('settingsChanged', 'The settings were changed', { group: groupName, settings }),
  noticeOf('profileChanged', 'The profile was replaced', {
    group: groupName,
    version: count('The version that it has now', 4),
  }),
  noticeOf('removalRequired', 'The next Commit must remove these', {
    group: groupName,
    leaves: z.array(leaf).describe('Whom'),
    reason: word('Why', 'clientRemoved'),
  }),
  noticeOf('groupDeleted', 'The group is gone', { group: groupName }),
  noticeOf('groupReset', 'The group was given up', {
    group: groupName,
    successor: groupName.optional().describe('The group that follows it; none where an operator gave it up'),
  }),
  noticeOf('faultReported', 'A member cannot process a Commit: admins act on it', {
    group: groupName,
    epoch: epochField.describe('The one that the Commit began'),
    client: clientName.describe('Who cannot'),
    detail: word('What went wrong, for people', 'the path does not decrypt'),
  }),
] as const

const request = word('The id of the connection request', 'b7c2a6f0-5c8e-5a57-9b39-6d1c3a1f0e42')
const from = userName.describe('The other user')

/** Told to the direct queue of one client, or of every client of a user. */
const accountNotices = [
  noticeOf('clientAdded', 'You have a further client', {
    client: clientName,
    approvedBy: clientName.describe('The client that approved it'),
  }),
  noticeOf('clientRemoved', 'You have a client less', { client: clientName }),
  noticeOf('historyOffered', 'Another client of yours offers what was said before this one came', {
    by: clientName.describe('The client that offers it'),
    offer: bytesOut.describe('Sealed to this client'),
  }),
  noticeOf('recoveryKeySet', 'You have another recovery key', {
    by: clientName.describe('The client that approved it'),
  }),
  noticeOf('recoveryKeyUsed', 'You have a further client, which came by the recovery key', { client: clientName }),
  noticeOf('userProfileChanged', 'A client of yours replaced your profile', {
    version: count('The version that it has now', 4),
  }),
  noticeOf('keyPackagesLow', 'Few KeyPackages are left: publish more', {
    cipherSuite: cipherSuiteField,
    remaining: count('How many', 10),
  }),
  noticeOf('lastResortUsed', 'The last-resort KeyPackage was handed out: publish others', {
    cipherSuite: cipherSuiteField,
  }),
  noticeOf('connectionRequest', 'A user asks for contact', {
    request,
    from,
    ciphertext: bytesOut.describe('From its client to yours'),
  }),
  noticeOf('connectionAccepted', 'A user whom you asked accepted', {
    request,
    from,
    ciphertext: bytesOut.optional().describe('Its answer, where it gave one'),
  }),
  noticeOf('connectionRejected', 'A user whom you asked does not want contact', { request, from }),
] as const

export const queueItem = z
  .union([message, commit, proposal, welcome, gap, ...groupNotices, ...accountNotices])
  .meta({ title: 'QueueItem', description: 'Something that waits in a queue, told apart by `type`, notices by `kind`' })

export type QueueItem = z.infer<typeof queueItem>
export type GroupNotice = z.infer<(typeof groupNotices)[number]>
export type AccountNotice = z.infer<(typeof accountNotices)[number]>
export type NoticeKind = (GroupNotice | AccountNotice)['kind']

/** An item as it is made: its `position` is written as a cursor when it leaves. */
export type Item = WithoutPosition<QueueItem>
export type Notice<Kind extends NoticeKind> = Extract<Item, { readonly type: 'notice'; readonly kind: Kind }>

/** Of each item of the union by itself. */
type WithoutPosition<One> = One extends QueueItem ? Omit<One, 'position'> : never
