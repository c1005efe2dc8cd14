/** Past epochs of a group: which revision began one, and the Commits after it, from the fold while it has them. */
import type { ActiveGroup } from '../../commands/group/fold/state.js'
import type { Rejected } from '../../streams/rejection.js'
import { groupStream, parseGroupEvent } from '../../events/group.js'
import type { GroupEvent } from '../../events/group.js'
import type { GroupDependencies } from './groupDependencies.js'

type History = Pick<GroupDependencies, 'events' | 'groups'>

export const revisionOfEpoch = async (
  { groups }: History,
  group: ActiveGroup,
  epoch: bigint,
): Promise<number | undefined> => {
  if (epoch === 0n) return group.createdAt
  return group.recent.find((place) => place.epoch === epoch)?.revision ?? (await groups.revisionOf(group.group, epoch))
}

/** Events of the group's stream after a revision, a page at a time. */
export async function* eventsAfter(
  { events }: History,
  group: ActiveGroup,
  revision: number,
): AsyncGenerator<GroupEvent> {
  const limit = 100
  for (let from = revision + 1; ; from += limit) {
    const page = await events.readStream(groupStream(group.group), { from, limit })
    for (const stored of page) {
      const event = parseGroupEvent(stored)
      if (event.type !== 'Erased') yield event
    }
    if (page.length < limit) return
  }
}

/** A loser's answer carries the winner, also when it comes so late that the fold has let go of it. */
export const withWinner = async (
  history: History,
  group: ActiveGroup | undefined,
  asked: bigint,
  refused: Rejected,
): Promise<Rejected> => {
  const { rejected } = refused
  if (rejected.code !== 'wrong-epoch' || rejected.winningCommit !== undefined || group === undefined) return refused
  if (asked >= group.mls.epoch) return refused
  const revision = await revisionOfEpoch(history, group, asked + 1n)
  if (revision === undefined) return refused
  const [stored] = await history.events.readStream(groupStream(group.group), { from: revision, limit: 1 })
  const event = stored === undefined ? undefined : parseGroupEvent(stored)
  if (event?.type !== 'CommitAccepted') return refused
  return { rejected: { ...rejected, winningCommit: event.data.commit } }
}
