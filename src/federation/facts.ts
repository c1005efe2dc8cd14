/** The JSON in items: facts of a group that MLS knows nothing of. A reader leaves out fields that it does not know. */
import { z } from 'zod'
import { canonicalJson } from '../events/form/canonical.js'
import { bytes, count, digest, leafIndex, userId } from '../events/form/fields.js'
import { groupShapes, removalReason, role } from '../events/group.js'
import type { Json } from '../events/form/json.js'

const { RoleChanged, SettingsChanged, ProfileChanged, RemovalRequired, FaultReported, GroupReset, GroupDeleted } =
  groupShapes

export const joinFacts = z.object({
  roles: z.array(z.object({ user: userId, role })),
  settings: groupShapes.GroupFollowed.schema.shape.settings,
  /** Which version the bytes of the profile are. */
  profile: z.object({ version: count }).optional(),
  required: z.array(z.object({ leaves: z.array(leafIndex), reason: removalReason })),
  /** By the joining Commit, whose Welcome comes with it. */
  added: z.array(z.object({ leaf: leafIndex, keyPackageRef: bytes })),
  /** SHA-256 of the hub's root certificate, as it is when the item is made: for clients to compare with the one that they pinned. */
  root: digest.optional(),
})
export type JoinFacts = z.infer<typeof joinFacts>

/** A profile's bytes travel beside the fact that names them. */
export const noticeFact = z.discriminatedUnion('type', [
  z.object({ type: z.literal('RoleChanged'), data: RoleChanged.schema }),
  z.object({ type: z.literal('SettingsChanged'), data: SettingsChanged.schema }),
  z.object({ type: z.literal('ProfileChanged'), data: ProfileChanged.schema }),
  z.object({ type: z.literal('RemovalRequired'), data: RemovalRequired.schema }),
  z.object({ type: z.literal('FaultReported'), data: FaultReported.schema }),
  z.object({ type: z.literal('GroupReset'), data: GroupReset.schema }),
  z.object({ type: z.literal('GroupDeleted'), data: GroupDeleted.schema }),
])

/** In one form, so that an item that is sent again is the same bytes. */
export const factsBytes = (facts: Json): Uint8Array => new TextEncoder().encode(canonicalJson(facts))

/** Undefined where they are not of this form. */
export const readFacts = <Schema extends z.ZodType>(schema: Schema, text: Uint8Array): z.infer<Schema> | undefined => {
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
