/** The record of another server's group, waited for where its client is ahead of it: what it sent was accepted and is on its way back. */
import type { By } from '../../commands/group/access.js'
import { groupAggregate } from '../../commands/group/group.js'
import type { Group } from '../../commands/group/fold/state.js'
import { groupStream } from '../../events/group.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { Streams } from '../../streams/streams.js'
import type { Until } from './until.js'

export type RecordDependencies = { readonly streams: Pick<Streams, 'read'>; readonly until: Until }

export const readRecord = async (streams: Pick<Streams, 'read'>, group: GroupId): Promise<Group> =>
  (await streams.read(groupAggregate, groupStream(group))).state

/** Waited for until it has come to this epoch, for those who ever were in the group; others learn nothing by waiting. */
export const recordOf = async (
  { streams, until }: RecordDependencies,
  group: GroupId,
  by: By,
  epoch: bigint,
): Promise<Group> => {
  const first = await readRecord(streams, group)
  if (!isBehind(first, by, epoch)) return first
  const reached = await until(async () => {
    const state = await readRecord(streams, group)
    return isBehind(state, by, epoch) ? undefined : state
  })
  return reached ?? first
}

/** Whether the client is ahead of it, and of the group. */
export const isBehind = (state: Group, { user, client }: By, epoch: bigint): boolean =>
  state.status === 'active' && state.mls.epoch < epoch && (state.known.has(user) || state.known.has(client))
