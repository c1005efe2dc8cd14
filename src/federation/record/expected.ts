/** Which number comes next of a followed group: read from the log itself, whichever process wrote it. */
import { groupStream } from '../../events/group.js'
import { messagesStream } from '../../events/messages.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { EventStore } from '../../ports/eventStore.js'

export type ExpectedItem = {
  readonly next: number
  /** The last revision of `messages-<group>`. */
  readonly messages: 'none' | number
}

/** 1 + the higher number of the last events of the group's two streams; 0 where nothing was recorded. */
export const expectedItem = async (events: Pick<EventStore, 'last'>, group: GroupId): Promise<ExpectedItem> => {
  const [inMessages, inGroup] = await Promise.all([events.last(messagesStream(group)), events.last(groupStream(group))])
  const last = Math.max(inMessages?.meta.hub?.sequence ?? -1, inGroup?.meta.hub?.sequence ?? -1)
  return { next: last + 1, messages: inMessages?.revision ?? 'none' }
}
