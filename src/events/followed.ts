/** Facts of our own about a followed group, in `followed-<group's random id>`: its other streams hold what the hub decided, alone. */
import { localPart } from '../mls/wire/ids.js'
import type { GroupId } from '../mls/wire/ids.js'
import { groupShapes } from './group.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'

export const followedShapes = {
  /** Our own copies are gone, by our own clock. */
  MessagesExpired: groupShapes.MessagesExpired,
} as const
export type FollowedEvent = EventOf<typeof followedShapes>
export const parseFollowedEvent = parserOf(followedShapes)
export const followedStream = (group: GroupId): string => `followed-${localPart(group)}`
