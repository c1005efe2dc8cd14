/** Retention: an event says which messages are gone; projections drop their rows; then the stream is cut. */
import { groupAggregate } from '../commands/group/group.js'
import { expireMessages as expire } from '../commands/group/expiry.js'
import type { TargetedMessage } from '../commands/group/expiry.js'
import { groupStream } from '../events/group.js'
import { messagesStream, parseMessagesEvent } from '../events/messages.js'
import type { GroupId } from '../mls/wire/ids.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore } from '../ports/eventStore.js'
import type { GroupQueries } from '../projections/groups/queries.js'
import type { Runner } from '../projections/runner.js'
import type { Rule, Sweep } from './rule.js'

const everyMs = 60 * 1_000
const waitMs = 5_000

export type ExpireMessagesDependencies = {
  readonly groups: Pick<GroupQueries, 'messagesDue'>
  readonly events: Pick<EventStore, 'readStream'>
}

export const expireMessages = ({ groups, events }: ExpireMessagesDependencies): Sweep => ({
  name: 'expireMessages',
  everyMs,
  sweep: async ({ streams, command, now, signal }) => {
    for (const { group, upToRevision, hasTargeted } of await groups.messagesDue(now)) {
      if (signal.aborted) return
      const [last] = await events.readStream(messagesStream(group), { from: upToRevision, limit: 1 })
      const at = last?.revision === upToRevision ? last.position : undefined
      await streams.execute(
        groupAggregate,
        groupStream(group),
        command(group),
        expire({
          upToRevision,
          upToPosition: at,
          targeted: hasTargeted ? await targetedIn(events, group, upToRevision) : [],
        }),
      )
    }
  },
})

const pageEvents = 100

/** Nobody can count them once they are gone. */
const targetedIn = async (
  events: Pick<EventStore, 'readStream'>,
  group: GroupId,
  upToRevision: number,
): Promise<readonly TargetedMessage[]> => {
  const found: TargetedMessage[] = []
  for (let from = 0; from <= upToRevision;) {
    const page = await events.readStream(messagesStream(group), { from, limit: pageEvents })
    for (const stored of page) {
      const event = parseMessagesEvent(stored)
      if (event.type === 'MessageAccepted' && event.data.targets !== undefined) {
        found.push({ revision: stored.revision, targets: event.data.targets })
      }
    }
    if (page.length < pageEvents) break
    from = (page.at(-1)?.revision ?? upToRevision) + 1
  }
  return found
}

export type TruncateMessagesDependencies = {
  readonly events: Pick<EventStore, 'truncate'>
  /** The projections that hold rows of messages. */
  readonly runners: readonly Pick<Runner, 'reached'>[]
}

export const truncateMessages = ({ events, runners }: TruncateMessagesDependencies): Rule => ({
  name: 'truncateMessages',
  answers: ['MessagesExpired'],
  react: async ({ event, position }) => {
    if (event.type !== 'MessagesExpired') return
    for (const runner of runners) {
      if (!(await runner.reached(position, waitMs))) throw new StoreUnavailable('a projection is behind')
    }
    await events.truncate(messagesStream(event.data.group), event.data.upToRevision + 1)
  },
})
