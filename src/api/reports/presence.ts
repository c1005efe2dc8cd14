/** Whether somebody was in a group when a message was accepted: what one was not shown is not one's to report. */
import { groupAggregate } from '../../commands/group/group.js'
import { noStays, stay, wasThere } from '../../commands/group/stays.js'
import { groupStream, parseGroupEvent } from '../../events/group.js'
import type { GroupId, UserId } from '../../mls/wire/ids.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { Streams } from '../../streams/streams.js'

type PresenceDependencies = {
  readonly streams: Pick<Streams, 'read'>
  readonly events: Pick<EventStore, 'readStream'>
}

const pageRows = 100

/** One event tells of who is still there; for who left, or came back, the group's facts are read again. */
export const wasPresent = async (
  { streams, events }: PresenceDependencies,
  { user, group, at }: { readonly user: UserId; readonly group: GroupId; readonly at: number },
): Promise<boolean> => {
  const stream = groupStream(group)
  const { state } = await streams.read(groupAggregate, stream)
  const member = state.status === 'active' ? state.users.get(user) : undefined
  if (member !== undefined) {
    const [came] = await events.readStream(stream, { from: member.since, limit: 1 })
    if (came !== undefined && came.meta.at <= at) return true
  }
  let stays = noStays(user)
  for (let from = 0; ; from += pageRows) {
    const page = await events.readStream(stream, { from, limit: pageRows })
    for (const stored of page) {
      const event = parseGroupEvent(stored)
      if (event.type !== 'Erased') stays = stay(stays, event, stored.meta.at)
    }
    if (page.length < pageRows) return wasThere(stays, at)
  }
}
