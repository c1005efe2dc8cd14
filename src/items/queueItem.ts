/**
 * What a queue holds, as its owner reads it: the one list of items. The OpenAPI and AsyncAPI documents are made of it, its
 * types bind whoever makes items (`itemsOf`, `notices`, the gap of a page) and the SDK that takes them.
 */
import { z } from 'zod'

const id = z.string()
const epoch = z.string()
const bytes = z.string().meta({ contentEncoding: 'base64url' })
const position = z.string()
const at = z.number()
const placed = { at, position }

const message = z.object({ type: z.literal('message'), group: id, epoch, message: bytes, ...placed })
const commit = z.object({ type: z.literal('commit'), group: id, epoch, message: bytes, ...placed })
const proposal = z.object({ type: z.literal('proposal'), group: id, epoch, ref: bytes, message: bytes, ...placed })
/** `refs`: of the KeyPackages it was made for; its bytes come from the welcomes route by `digest`. */
const welcome = z.object({
  type: z.literal('welcome'),
  group: id,
  epoch,
  digest: bytes,
  size: z.number(),
  refs: z.array(bytes),
  ...placed,
})
/** Application messages that fell out before they were collected. */
const gap = z.object({
  type: z.literal('gap'),
  groups: z.array(z.object({ group: id, count: z.number() })),
  from: position,
  to: position,
  position,
})

const ofGroup = <Kind extends string, Fields extends z.ZodRawShape>(kind: Kind, fields: Fields) =>
  z.object({ type: z.literal('notice'), group: id, kind: z.literal(kind), ...fields, ...placed })
const ofAccount = <Kind extends string, Fields extends z.ZodRawShape>(kind: Kind, fields: Fields) =>
  z.object({ type: z.literal('notice'), kind: z.literal(kind), ...fields, ...placed })

const leaf = z.object({ leafIndex: z.number(), user: id, client: id })

/** Told to every queue that is a member of the group. */
const groupNotices = [
  ofGroup('roleChanged', { user: id, role: z.enum(['admin', 'member']) }),
  ofGroup('settingsChanged', { settings: z.object({ retentionMs: z.number() }) }),
  ofGroup('profileChanged', { version: z.number() }),
  ofGroup('removalRequired', { leaves: z.array(leaf), reason: z.string() }),
  ofGroup('groupDeleted', {}),
  ofGroup('groupReset', { successor: id }),
  ofGroup('faultReported', { epoch, client: id, detail: z.string() }),
] as const

/** Told to the direct queue of one client, or of every client of a user. */
const accountNotices = [
  ofAccount('clientAdded', { client: id, approvedBy: id }),
  ofAccount('clientRemoved', { client: id }),
  ofAccount('keyPackagesLow', { cipherSuite: z.number(), remaining: z.number() }),
  ofAccount('lastResortUsed', { cipherSuite: z.number() }),
  ofAccount('connectionRequest', { request: id, from: id, ciphertext: bytes }),
  ofAccount('connectionAccepted', { request: id, from: id, ciphertext: bytes.optional() }),
  ofAccount('connectionRejected', { request: id, from: id }),
] as const

export const queueItem = z.union([message, commit, proposal, welcome, gap, ...groupNotices, ...accountNotices])

export type QueueItem = z.infer<typeof queueItem>
export type GroupNotice = z.infer<(typeof groupNotices)[number]>
export type AccountNotice = z.infer<(typeof accountNotices)[number]>
export type NoticeKind = (GroupNotice | AccountNotice)['kind']

/** An item as it is made: its `position` is written as a cursor when it leaves. */
export type Item = WithoutPosition<QueueItem>
export type Notice<Kind extends NoticeKind> = Extract<Item, { readonly type: 'notice'; readonly kind: Kind }>

/** Of each item of the union by itself. */
type WithoutPosition<One> = One extends QueueItem ? Omit<One, 'position'> : never
