/** What the routes of groups have in common in their documents. */
import { z } from 'zod'
import { groupAggregate } from '../../commands/group/group.js'
import { described, groupUri } from '../../contract/fields.js'
import { groupStream } from '../../events/group.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Streams } from '../../streams/streams.js'

export const tag = 'Delivery Service'
export const groupParams = z.strictObject({ group: groupUri })
/** Settings as members see and admins write them. */
export const settingsField = z
  .strictObject({
    retentionMs: described(z.number().int().min(1_000), 'Application messages are kept so long, ms', 2_592_000_000),
  })
  .meta({ title: 'GroupSettings', description: 'What the server does for a group' })

/** Of commands whose event stands with the group that the path names. */
export const knownOfGroup =
  (streams: Pick<Streams, 'knows'>) =>
  ({ params, command }: { readonly params: { readonly group: GroupId }; readonly command: CommandContext }) =>
    streams.knows(groupAggregate, groupStream(params.group), command)
