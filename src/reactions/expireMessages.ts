/** Retention: an event says which messages are gone; projections drop their rows; then the stream is cut. */
import { copiesAggregate, dropCopies } from '../commands/group/followed/copies.js'
import { groupAggregate } from '../commands/group/group.js'
import { expireMessages as expire } from '../commands/group/expiry.js'
import type { TargetedMessage } from '../commands/group/expiry.js'
import { followedStream } from '../events/followed.js'
import { groupStream } from '../events/group.js'
import { messagesStream, parseMessagesEvent } from '../events/messages.js'
import { domainOf } from '../mls/wire/ids.js'
import type { Domain, GroupId } from '../mls/wire/ids.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore } from '../ports/eventStore.js'
import type { GroupQueries } from '../projections/groups/queries.js'
import type { Runner } from '../projections/runner.js'
import type { Rule, Sweep } from './rule.js'

const everyMs = 60 * 1_000
const waitMs = 5_000

export type ExpireMessagesDependencies = {
  /** Ours: of another's group only our own copies are ours to drop. */
  readonly domain: Domain
  readonly groups: Pick<GroupQueries, 'messagesDue'>
  readonly events: Pick<EventStore, 'readStream'>
}

export const expireMessages = ({ domain, groups, events }: ExpireMessagesDependencies): Sweep => ({
  name: 'expireMessages',
  everyMs,
  sweep: async ({ streams, command, now, signal }) => {
    for (const { group, upToRevision, hasTargeted } of await groups.messagesDue(now)) {
      if (signal.aborted) return
      const [last] = await events.readStream(messagesStream(group), { from: upToRevision, limit: 1 })
      const at = last?.revision === upToRevision ? last.position : undefined
      const targeted = hasTargeted ? await targetedIn(events, group, upToRevision) : []
      const due = { upToRevision, upToPosition: at, targeted }
      if (domainOf(group) === domain) {
        await streams.execute(groupAggregate, groupStream(group), command(group), expire(due))
      } else {
        await streams.execute(copiesAggregate, followedStream(group), command(group), dropCopies({ group, ...due }))
      }
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
  /** The lowest revision of a group's messages that another server is still to be sent; what is from there on stays for now. */
  readonly needed?: (group: GroupId) => Promise<number | undefined>
}

export const truncateMessages = ({ events, runners, needed }: TruncateMessagesDependencies): Rule => ({
  name: 'truncateMessages',
  answers: ['MessagesExpired'],
  react: async ({ event, position }) => {
    if (event.type !== 'MessagesExpired') return
    for (const runner of runners) {
      if (!(await runner.reached(position, waitMs))) throw new StoreUnavailable('a projection is behind')
    }
    const { group, upToRevision } = event.data
    const kept = (await needed?.(group)) ?? Infinity
    await events.truncate(messagesStream(group), Math.min(upToRevision + 1, kept))
  },
})
