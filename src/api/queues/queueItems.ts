/** The items of a queue as the OpenAPI and AsyncAPI documents show them. */
import { z } from 'zod'
import { bytesOut, positionOut } from '../http/fieldSchemas.js'

const id = z.string()
const epoch = z.string()
const at = z.number()
const base = { position: positionOut, at }
const message = z.object({ type: z.literal('message'), group: id, epoch, message: bytesOut, ...base })
const commit = z.object({ type: z.literal('commit'), group: id, epoch, message: bytesOut, ...base })
const proposal = z.object({ type: z.literal('proposal'), group: id, epoch, ref: bytesOut, message: bytesOut, ...base })
const welcome = z.object({
  type: z.literal('welcome'),
  group: id,
  epoch,
  digest: bytesOut,
  size: z.number(),
  refs: z.array(bytesOut),
  ...base,
})
const gap = z.object({
  type: z.literal('gap'),
  groups: z.array(z.object({ group: id, count: z.number() })),
  from: positionOut,
  to: positionOut,
  position: positionOut,
})

const groupNotice = { type: z.literal('notice'), group: id, ...base }
const accountNotice = { type: z.literal('notice'), ...base }
const kind = <Kind extends string>(name: Kind) => z.literal(name)
const leaf = z.object({ leafIndex: z.number(), user: id, client: id })
const notices = [
  z.object({ ...groupNotice, kind: kind('roleChanged'), user: id, role: z.enum(['admin', 'member']) }),
  z.object({ ...groupNotice, kind: kind('settingsChanged'), settings: z.object({ retentionMs: z.number() }) }),
  z.object({ ...groupNotice, kind: kind('profileChanged'), version: z.number() }),
  z.object({ ...groupNotice, kind: kind('removalRequired'), leaves: z.array(leaf), reason: z.string() }),
  z.object({ ...groupNotice, kind: kind('groupDeleted') }),
  z.object({ ...groupNotice, kind: kind('groupReset'), successor: id }),
  z.object({ ...groupNotice, kind: kind('faultReported'), epoch, client: id, detail: z.string() }),
  z.object({ ...accountNotice, kind: kind('clientAdded'), client: id, approvedBy: id }),
  z.object({ ...accountNotice, kind: kind('clientRemoved'), client: id }),
  z.object({ ...accountNotice, kind: kind('keyPackagesLow'), cipherSuite: z.number(), remaining: z.number() }),
  z.object({ ...accountNotice, kind: kind('lastResortUsed'), cipherSuite: z.number() }),
  z.object({ ...accountNotice, kind: kind('connectionRequest'), request: id, from: id, ciphertext: bytesOut }),
  z.object({
    ...accountNotice,
    kind: kind('connectionAccepted'),
    request: id,
    from: id,
    ciphertext: bytesOut.optional(),
  }),
  z.object({ ...accountNotice, kind: kind('connectionRejected'), request: id, from: id }),
] as const

export const queueItem = z.union([message, commit, proposal, welcome, gap, ...notices])
