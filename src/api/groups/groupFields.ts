/** What the routes of groups have in common in their documents. */
import { z } from 'zod'
import { groupAggregate } from '../../commands/group/group.js'
import { groupStream } from '../../events/group.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Streams } from '../../streams/streams.js'
import { groupUri } from '../http/fieldSchemas.js'

export const tag = 'Delivery Service'
export const groupParams = z.strictObject({ group: groupUri })
/** Settings as members see and admins write them. */
export const settingsField = z.strictObject({ retentionMs: z.number().int().min(1_000) })

/** Of commands whose event stands with the group that the path names. */
export const knownOfGroup =
  (streams: Pick<Streams, 'knows'>) =>
  ({ params, command }: { readonly params: { readonly group: GroupId }; readonly command: CommandContext }) =>
    streams.knows(groupAggregate, groupStream(params.group), command)

const epochMax = 2n ** 64n - 1n
/** An epoch as a decimal string: a uint64 (RFC 9420 §8.1), exact beyond what a number holds. */
export const epochField = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,19})$/, 'an epoch is a decimal number')
  .refine((text) => /^[0-9]{1,20}$/.test(text) && BigInt(text) <= epochMax, 'an epoch has 64 bits')
