/** Finishes the batch that a worker left behind, dead or slow. */
import type { BatchSteps } from './batchSteps.js'
import { durable, type MongoConnection } from './connection.js'
import { batchParts, states, type State } from './readModelState.js'

/**
 * Its step 1 is confirmed first: it may be younger than the last failover that could take it back, and no row may be
 * written before that is out of the question. Nothing is written after `until` (ms since 1970).
 */
export const finishLeftBehind = async (
  connection: MongoConnection,
  steps: Pick<BatchSteps, 'write' | 'finish'>,
  _id: State['_id'],
  until: number,
): Promise<void> => {
  const { call } = connection
  const state = await call((signal) => states(connection).findOne({ _id }, { signal }))
  if (state?.batch === undefined) return
  const { batch, incarnation } = state
  await call(() =>
    states(connection).updateOne({ _id, 'batch.id': batch.id }, { $inc: { 'batch.takenOver': 1 } }, durable),
  )
  const parts = await call((signal) => batchParts(connection).find({ '_id.batch': batch.id }, { signal }).toArray())
  // Fewer parts than it had: somebody finished it meanwhile.
  if (parts.length < batch.parts) return
  for (const changes of [batch.changes, ...parts.map((part) => part.changes)])
    await steps.write(batch, changes, incarnation, until)
  await steps.finish(batch, incarnation)
}
