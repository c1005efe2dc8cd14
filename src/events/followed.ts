/** Facts of our own about a followed group, in `followed-<group's random id>`: its other streams hold what the hub decided, alone. */
import { z } from 'zod'
import type { GroupId } from '../mls/wire/ids.js'
import { groupShapes, occupant } from './group.js'
import { bytes, groupId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { streamOf } from './form/streamName.js'

/** What a group's hub cannot see of those who are in it from here. */
export const departureReason = z.enum(['clientRemoved', 'userDeleted', 'inactive', 'queueGone'])
export type DepartureReason = z.infer<typeof departureReason>

export const followedShapes = {
  /** Our own copies are gone, by our own clock. */
  MessagesExpired: groupShapes.MessagesExpired,
  /**
   * Leaves of ours that have to go: asked of the hub until it has said so. `reference`: of one whose queue is gone, the reference
   * that names it, as a leaf with another one is not meant.
   */
  RemovalAsked: {
    schema: z.object({
      group: groupId,
      leaves: z.array(occupant.extend({ reference: bytes.optional() })),
      reason: departureReason,
    }),
  },
} as const
export type FollowedEvent = EventOf<typeof followedShapes>
export const parseFollowedEvent = parserOf(followedShapes)
export const followedStream = (group: GroupId): string => streamOf('followed', group)
