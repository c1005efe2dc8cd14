/** Letting old messages go: an event first, by which projections drop their rows; then the stream is truncated. */
import type { GroupEvent } from '../../events/group.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import type { Group } from './state.js'

export type ExpireMessages = {
  readonly upToRevision: number
  /** Where the last of them stands, for queues to count the gap by. */
  readonly upToPosition?: number | undefined
}

export const expireMessages: Decider<ExpireMessages, Group, GroupEvent> =
  ({ upToRevision, upToPosition }) =>
  (state) => {
    if (state.status === 'none' || state.status === 'reserved' || state.hub !== undefined) return accept()
    if (upToRevision <= state.expiredUpTo) return accept()
    const at = upToPosition === undefined ? {} : { upToPosition }
    return accept({ type: 'MessagesExpired', data: { group: state.group, upToRevision, ...at } })
  }
