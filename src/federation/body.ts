/** The bytes of items as they are until the wire has its own encoding: canonical JSON, bytes in it base64url. */
import { z } from 'zod'
import { canonicalJson } from '../events/canonical.js'
import { bytes, count, leafIndex, userId } from '../events/fields.js'
import { groupShapes, removalReason, role } from '../events/group.js'
import type { Json } from '../events/json.js'

const { RoleChanged, SettingsChanged, RemovalRequired, FaultReported, GroupReset, GroupDeleted, GroupFollowed } =
  groupShapes

export const joinBody = z.object({
  groupInfo: bytes,
  ratchetTree: bytes,
  roles: z.array(z.object({ user: userId, role })),
  settings: GroupFollowed.schema.shape.settings,
  profile: z.object({ version: count, bytes }).optional(),
  proposals: z.array(bytes),
  required: z.array(z.object({ leaves: z.array(leafIndex), reason: removalReason })),
})
export type JoinBody = z.infer<typeof joinBody>

export const commitBody = z.object({ commit: bytes, groupInfo: bytes, welcome: bytes.optional() })
export const proposalBody = z.object({ proposal: bytes })

/** A profile's bytes travel with the fact that names them. */
export const noticeBody = z.discriminatedUnion('type', [
  z.object({ type: z.literal('RoleChanged'), data: RoleChanged.schema }),
  z.object({ type: z.literal('SettingsChanged'), data: SettingsChanged.schema }),
  z.object({ type: z.literal('ProfileChanged'), data: groupShapes.ProfileChanged.schema, bytes }),
  z.object({ type: z.literal('RemovalRequired'), data: RemovalRequired.schema }),
  z.object({ type: z.literal('FaultReported'), data: FaultReported.schema }),
  z.object({ type: z.literal('GroupReset'), data: GroupReset.schema }),
  z.object({ type: z.literal('GroupDeleted'), data: GroupDeleted.schema }),
])

/** It stands for the item's number and those after it, up to `toSequence`. */
export const gapBody = z.object({ toSequence: count, count })

export const bodyBytes = (body: Json): Uint8Array => new TextEncoder().encode(canonicalJson(body))

/** Undefined where it is not of this form. */
export const readBody = <Schema extends z.ZodType>(schema: Schema, item: Uint8Array): z.infer<Schema> | undefined => {
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(item)))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
