/** What a follower asks a group's hub to decide beside MLS, and what it hears: the JSON of the extension `decide`, as both ends have it. */
import { z } from 'zod'
import { bytesIn, epochField, groupUri, roleField, userUri, clientUri } from '../contract/fields.js'
import { bytes, count, leafIndex, time } from '../events/form/fields.js'
import { departureReason } from '../events/followed.js'
import { toBase64url } from '../mls/bytes/base64url.js'
import type { AskedOfHub } from '../ports/peers.js'

/** As the directory names it: the extension, and the endpoint. */
export const decideExtension = 'decide'

const detailCharsMax = 2_000
const leavesMax = 1_000

/** Whose word it is. Only a fault is told with its client, as at home. */
const by = { by: userUri }

export const askedOfHub = z.discriminatedUnion('type', [
  z.object({ type: z.literal('changeRole'), ...by, user: userUri, role: roleField }),
  z.object({
    type: z.literal('changeSettings'),
    ...by,
    settings: z.object({ retentionMs: z.number().int().min(1_000) }),
  }),
  z.object({ type: z.literal('changeProfile'), ...by, profile: bytesIn, ifVersion: count }),
  z.object({ type: z.literal('deleteGroup'), ...by }),
  z.object({ type: z.literal('resetGroup'), ...by, successor: groupUri }),
  z.object({
    type: z.literal('reportFault'),
    ...by,
    client: clientUri,
    epoch: epochField,
    detail: z.string().max(detailCharsMax),
  }),
  z.object({
    type: z.literal('requireRemoval'),
    reason: departureReason,
    leaves: z
      .array(z.object({ leafIndex, client: clientUri, reference: bytes.optional() }))
      .min(1)
      .max(leavesMax),
  }),
])

/** Bytes as base64url. */
export const askedText = (asked: AskedOfHub): string =>
  JSON.stringify(asked.type === 'changeProfile' ? { ...asked, profile: toBase64url(asked.profile) } : asked)

/** `accepted`: none where nothing had to change. `refused`: a problem's code and its small fields. */
export const saidByHub = z.union([
  z.object({ refused: z.looseObject({ code: z.string().max(64) }) }),
  z.object({ accepted: z.string().max(64).optional(), at: time, version: count.optional() }),
])
export type SaidByHub = z.infer<typeof saidByHub>
