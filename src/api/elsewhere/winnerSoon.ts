/** A loser of an epoch of another server's group: its hub says so before the winner has come, which is waited for. */
import { wrongEpoch } from '../../commands/group/refusals.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { Rejected } from '../../streams/rejection.js'
import { readRecord } from './recordOf.js'
import type { RecordDependencies } from './recordOf.js'

/** `asked`: the epoch that was lost. With the Commit that ended it where it comes in time, else as it is. */
export const winnerSoon = async (
  { streams, until }: RecordDependencies,
  group: GroupId,
  asked: bigint,
  refused: Rejected,
): Promise<Rejected> => {
  const { rejected } = refused
  if (rejected.code !== 'wrong-epoch' || BigInt(rejected.currentEpoch) <= asked) return refused
  const recorded = await until(async () => {
    const state = await readRecord(streams, group)
    return state.status === 'active' && state.mls.epoch <= asked ? undefined : state
  })
  return recorded?.status === 'active' ? wrongEpoch(recorded, asked) : refused
}
